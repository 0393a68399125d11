import type { Alarm } from '@xunji/gateway/wire';
import { expect, test } from 'vitest';
import { loudestWaiting, tabShown } from './panel.ts';

const alarm = (handling: Alarm['handling']): Alarm => ({ handling }) as Alarm;

test('without a choice the panel shows the selected subject, else the alarms there are', () => {
  expect(tabShown({ panel: null, selected: null }, [])).toBe('subject');
  expect(tabShown({ panel: null, selected: null }, [alarm('new')])).toBe('alarms');
  expect(tabShown({ panel: null, selected: 'jt808:1' }, [alarm('new')])).toBe('subject');
});

test('a chosen tab stays whatever comes', () => {
  expect(tabShown({ panel: 'subject', selected: null }, [alarm('new')])).toBe('subject');
  expect(tabShown({ panel: 'alarms', selected: 'jt808:1' }, [])).toBe('alarms');
});

test('only an alarm that waits for a person is loud', () => {
  expect(loudestWaiting([])).toBeNull();
  expect(loudestWaiting([alarm('acknowledged')])).toBeNull();
  expect(loudestWaiting([alarm('new'), alarm('acknowledged')])?.handling).toBe('new');
});
