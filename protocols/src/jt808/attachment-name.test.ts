import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachmentNameParts, safeAttachmentName } from './attachment-name.ts';

describe('the name of an attachment', () => {
  it('says what the file is', () => {
    expect(attachmentNameParts('00_64_6401_0_ad72131579e54be0.jpg')).toEqual({
      ...{ type: '00', channel: '64', alarm: '6401', index: 0 },
      ...{ alarmNumber: 'ad72131579e54be0', extension: 'jpg' },
    });
    expect(attachmentNameParts('03_0_670A_12_x-1.bin')).toMatchObject({ alarm: '670A', index: 12 });
  });

  it.each(['', 'photo.jpg', '00_64_6401_0_a', '00_64_6401_0_a/../b.jpg', '../00_64_6401_0_a.jpg'])(
    'that is not of the form of the text says nothing: %s',
    (name) => {
      expect(attachmentNameParts(name)).toBeNull();
    },
  );

  it.each([
    ['00_64_6401_0_ab.jpg', '00_64_6401_0_ab.jpg'],
    ['../../etc/passwd', 'etcpasswd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['/', 'unnamed'],
    ['..', 'unnamed'],
    ['-rf', 'rf'],
    ['a\0b\n.jpg', 'ab.jpg'],
    ['照片.jpg', 'jpg'],
  ])('%j is kept as %s', (name, safe) => {
    expect(safeAttachmentName(name)).toBe(safe);
  });

  it('is never a path, never hidden, never empty, never long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        expect(safeAttachmentName(name)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}$/);
        attachmentNameParts(name);
      }),
    );
  });
});
