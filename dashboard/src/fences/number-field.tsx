import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../text/text.ts';

/** Six digits after the point: a tenth of a metre. */
const COORDINATE_DIGITS = 6;

/**
 * A number one may type freely; it counts when the field is left or Enter pressed, and only within its bounds.
 * What is not taken stays in the field with the reason.
 */
export const NumberField = (props: {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Digits after the point. */
  readonly digits: number;
  readonly unit?: string | undefined;
  readonly onFocus?: () => void;
  readonly onChange: (value: number) => void;
  readonly testId?: string;
}) => {
  const text = useText();
  const fixed = props.value.toFixed(props.digits);
  // Coordinates stand beneath each other with all their digits; lengths read better without empty ones.
  const shown = props.digits >= COORDINATE_DIGITS ? fixed : String(Number(fixed));
  const [typed, setTyped] = useState<string | null>(null);
  const [isBad, setBad] = useState(false);
  const take = (): void => {
    if (typed === null) return;
    const value = typed.trim() === '' ? Number.NaN : Number(typed.replace(',', '.'));
    if (!(value >= props.min && value <= props.max)) {
      setBad(true);
      return;
    }
    setBad(false);
    setTyped(null);
    if (value !== props.value) props.onChange(value);
  };
  return (
    <TextInput
      {...(props.isLabelHidden === true ? { 'aria-label': props.label } : { label: props.label })}
      inputMode="decimal"
      value={typed ?? shown}
      error={isBad ? text('field.range') : undefined}
      rightSection={props.unit === undefined ? undefined : <span>{props.unit}</span>}
      onFocus={props.onFocus}
      onChange={(e) => {
        setTyped(e.currentTarget.value);
        setBad(false);
      }}
      onBlur={take}
      onKeyDown={(e) => {
        if (e.key === 'Enter') {
          e.preventDefault();
          take();
        }
        if (e.key === 'Escape' && typed !== null) {
          e.stopPropagation();
          setTyped(null);
          setBad(false);
        }
      }}
      data-testid={props.testId}
    />
  );
};
