import { Button } from '@mantine/core';
import { Component, type ErrorInfo, type ReactNode } from 'react';
import { t } from '../text/text.ts';
import './parts.css';

interface Props {
  readonly children: ReactNode;
}
interface Failed {
  readonly id: string | null;
}

/** Eight characters by which a person can name what they saw and a log line can be found. */
const reference = (): string => crypto.randomUUID().slice(0, 8);

/** Keeps the fault of one panel inside that panel, with a reference and a way to try again. */
export class PanelBoundary extends Component<Props, Failed> {
  override state: Failed = { id: null };

  static getDerivedStateFromError(): Failed {
    return { id: reference() };
  }

  override componentDidCatch(error: Error, where: ErrorInfo): void {
    console.error('panel failed', this.state.id, error, where.componentStack);
  }

  override render(): ReactNode {
    const { id } = this.state;
    if (id === null) return this.props.children;
    return (
      <div className="notice-box" role="alert">
        <strong>{t('panel.error')}</strong>
        <p>{t('panel.errorText', { id })}</p>
        <Button onClick={() => this.setState({ id: null })}>{t('panel.retry')}</Button>
      </div>
    );
  }
}
