/** Invented names for those who carry badges. */
export const people = [
  '赵敏',
  '林晓',
  '陈立',
  '周建国',
  '何伟',
  '孙磊',
  '吴刚',
  '郑凯',
  '王强',
  '刘洋',
  '黄勇',
  '徐静',
  '朱斌',
  '高峰',
  '罗杰',
  '梁波',
  '宋涛',
  '唐亮',
  '韩冰',
  '冯刚',
  '董平',
  '程龙',
  '曹阳',
  '袁野',
] as const;

/** The name of the `index`th person; beyond the list names repeat with a number. */
export const personName = (index: number): string => {
  const name = people[index % people.length] as string;
  const round = Math.floor(index / people.length);
  return round === 0 ? name : `${name}${round + 1}`;
};
