import { Menu } from '@mantine/core';
import { useApp } from '../app.ts';
import { Icon } from '../parts/icon.tsx';
import { setPrefs, type ThemeChoice, usePrefs } from '../prefs.ts';
import { useRecord } from '../state.ts';
import { roleWord } from '../text/naming.ts';
import { useText } from '../text/text.ts';

const themes: ThemeChoice[] = ['dark', 'light', 'system'];
const languages = [
  { value: 'zh-CN', label: '中文' },
  { value: 'en', label: 'English' },
] as const;

/** Who one is, and what this browser should remember. */
export const UserMenu = () => {
  const text = useText();
  const app = useApp();
  const prefs = usePrefs();
  const { session } = useRecord(app.standing);
  const logOut = async (): Promise<void> => {
    // The session may be over already; the page goes to the log-in either way.
    await app.api.logout().catch(() => undefined);
    app.live.stop();
    window.location.assign('/login');
  };
  const mark = (on: boolean) => (on ? <Icon name="check" /> : <span className="no-mark" />);
  return (
    <Menu position="right-end" withinPortal width={232}>
      <Menu.Target>
        <button type="button" className="nav-entry" aria-label={text('user.menu')}>
          <Icon name="user" size={20} />
          <span className="cut">{session?.user.displayName}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session?.user.username}
          {session === null ? '' : ` · ${roleWord(session.user.role)}`}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{text('user.language')}</Menu.Label>
        {languages.map(({ value, label }) => (
          <Menu.Item
            key={value}
            lang={value}
            closeMenuOnClick={false}
            leftSection={mark(prefs.locale === value)}
            onClick={() => setPrefs({ locale: value })}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Label>{text('user.theme')}</Menu.Label>
        {themes.map((theme) => (
          <Menu.Item
            key={theme}
            closeMenuOnClick={false}
            leftSection={mark(prefs.theme === theme)}
            onClick={() => setPrefs({ theme })}
          >
            {text(`user.theme.${theme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="sound" />}
          closeMenuOnClick={false}
          onClick={() => void app.tones.enable().then(() => app.tones.play('high'))}
        >
          {text('user.testTone')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="lock" />} onClick={() => void logOut()}>
          {text('user.logout')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
};
