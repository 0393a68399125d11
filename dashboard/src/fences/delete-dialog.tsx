import { Button, Modal, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { codeOf } from '../api.ts';
import { useApp } from '../app.ts';
import { failureWord } from '../text/naming.ts';
import { useText } from '../text/text.ts';
import type { Draft } from './draft.ts';

/** Asks before a fence goes; for one that rules use, its name has to be typed. */
export const DeleteDialog = (props: {
  readonly draft: Draft & { readonly id: string };
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}) => {
  const text = useText();
  const { api } = useApp();
  const { draft, onClose, onDeleted } = props;
  const [users, setUsers] = useState<number | null>(null);
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    let isOver = false;
    api.rules().then(
      (rules) => {
        if (!isOver) setUsers(rules.filter((r) => r.fences.includes(draft.id)).length);
      },
      (error: unknown) => {
        if (!isOver) setFailure(failureWord(codeOf(error)));
      },
    );
    return () => {
      isOver = true;
    };
  }, [api, draft.id]);
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.deleteFence(draft.id, draft.rev);
      onDeleted();
    } catch (error) {
      setFailure(failureWord(codeOf(error)));
      setBusy(false);
    }
  };
  const isNamed = users === 0 || typed.trim() === draft.name.trim();
  return (
    <Modal
      opened
      onClose={onClose}
      title={text('fence.deleteTitle', { name: draft.name })}
      closeButtonProps={{ 'aria-label': text('inset.close') }}
    >
      <form
        className="dialog-form"
        onSubmit={(e) => {
          e.preventDefault();
          if (users !== null && isNamed) void remove();
        }}
      >
        <p>{text('fence.deleteText')}</p>
        {users === null || users === 0 ? null : (
          <TextInput
            label={text('fence.deleteInUse', { n: users })}
            value={typed}
            autoFocus
            onChange={(e) => setTyped(e.currentTarget.value)}
            data-testid="delete-name"
          />
        )}
        {failure === null ? null : (
          <p className="bad" role="alert">
            {failure}
          </p>
        )}
        <div className="fence-buttons">
          <Button
            type="submit"
            variant="filled"
            loading={isBusy}
            disabled={users === null || !isNamed}
            data-testid="delete-confirm"
          >
            {text('fence.deleteConfirm')}
          </Button>
          <Button onClick={onClose}>{text('alarm.cancel')}</Button>
        </div>
      </form>
    </Modal>
  );
};
