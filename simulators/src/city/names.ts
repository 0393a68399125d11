/** Names of the invented city. Streets beyond a list's end stay nameless, as lanes do. */
export const cityName = '青禾市';
export const riverName = '青禾江';
export const railName = '青临铁路';
export const ringRoadName = '绕城高速';

/** West to east; the second word decides the road class. */
export const avenuesNorthSouth = [
  { name: '西岭路', class: 1 },
  { name: '学府路', class: 1 },
  { name: '文远路', class: 1 },
  { name: '中兴路', class: 1 },
  { name: '中心大道', class: 2 },
  { name: '东风路', class: 1 },
  { name: '工业大道', class: 2 },
  { name: '长堤路', class: 1 },
  { name: '港东路', class: 1 },
] as const;

/** South to north. */
export const avenuesEastWest = [
  { name: '南环路', class: 1 },
  { name: '南苑路', class: 1 },
  { name: '望江大道', class: 2 },
  { name: '建设路', class: 1 },
  { name: '人民路', class: 1 },
  { name: '青禾大道', class: 2 },
  { name: '北环路', class: 1 },
  { name: '北塘路', class: 1 },
] as const;

export const streetNames = [
  '谷雨街',
  '稻香街',
  '芦花街',
  '磨坊街',
  '渡口街',
  '青石街',
  '月桂街',
  '银杏街',
  '梧桐街',
  '紫藤街',
  '木樨街',
  '茶亭街',
  '灯市街',
  '书院街',
  '学宫街',
  '鼓楼街',
  '盐仓街',
  '船厂街',
  '竹器街',
  '铜匠街',
  '织机街',
  '陶家街',
  '秋水街',
  '听涛街',
  '白鹭街',
  '雁鸣街',
  '晴川街',
  '烟雨街',
  '朝阳街',
  '东篱街',
  '南陌街',
  '北苑街',
  '新禾街',
  '丰收街',
  '同心街',
  '友谊街',
  '和平街',
  '光明街',
  '春晖街',
  '长乐街',
] as const;

export const parkNames = ['菱湖公园', '中央公园', '北塘公园', '文化公园', '南苑湿地'] as const;
