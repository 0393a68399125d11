import type { ReactNode } from 'react';
import './parts.css';

/** Why there is nothing here, and what to do next. */
export const EmptyState = (props: {
  readonly title: string;
  readonly text?: string | undefined;
  readonly children?: ReactNode;
}) => (
  <div className="notice-box">
    <strong>{props.title}</strong>
    {props.text === undefined ? null : <p>{props.text}</p>}
    {props.children}
  </div>
);
