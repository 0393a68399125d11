import { Modal } from '@mantine/core';
import { useApp } from '../app.ts';
import { LoginForm } from '../login/login-page.tsx';
import { useRecord } from '../state.ts';
import { useText } from '../text/text.ts';

/** Asks for the password again over the screen in use. */
export const ExpiredDialog = () => {
  const text = useText();
  const { standing } = useApp();
  const { expired, session } = useRecord(standing);
  return (
    <Modal
      opened={expired}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={text('login.expired')}
    >
      <p>{text('login.expiredText')}</p>
      <LoginForm username={session?.user.username} />
    </Modal>
  );
};
