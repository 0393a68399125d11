import { Frame } from '../frame/frame.tsx';
import { useText } from '../text/text.ts';

export const FencesPage = ({ id }: { readonly id: string | null }) => {
  const text = useText();
  return <Frame title={text('title.fences')}>{id}</Frame>;
};
