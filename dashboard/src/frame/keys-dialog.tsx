import { Modal } from '@mantine/core';
import { useRecord } from '../state.ts';
import { useText } from '../text/text.ts';
import { keyList, keysShown } from './keys.ts';

/** The list of keys. */
export const KeysDialog = () => {
  const text = useText();
  const { shown } = useRecord(keysShown);
  return (
    <Modal
      opened={shown}
      onClose={() => keysShown.set({ shown: false })}
      title={text('keys.title')}
      closeButtonProps={{ 'aria-label': text('inset.close') }}
    >
      <dl className="key-list">
        {keyList.map(([keys, word]) => (
          <div key={word}>
            <dt>
              {keys.map((key) => (
                <kbd key={key} className="key">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{text(word)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
};
