import { useApp } from '../app.ts';
import { useRecord } from '../state.ts';

/** What a screen reader hears of new alarms: critical ones at once, others as one polite summary. */
export const Announcements = () => {
  const { announcement } = useApp();
  const { urgent, polite } = useRecord(announcement);
  return (
    <>
      <div className="visually-hidden" role="alert" data-testid="urgent">
        {urgent}
      </div>
      <div className="visually-hidden" role="status">
        {polite}
      </div>
    </>
  );
};
