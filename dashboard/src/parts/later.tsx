import { Skeleton } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';

/** Shows its children only after 150 ms: what loads faster needs no skeleton. */
export const Later = ({ children }: { readonly children: ReactNode }) => {
  const [isDue, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return isDue ? children : null;
};

const widths = ['60%', '42%', '55%', '48%', '66%', '40%', '52%', '58%', '45%', '62%'];

/** Rows of a list while it loads, in the height of the real ones. */
export const SkeletonRows = ({ height = 40 }: { readonly height?: number }) => (
  <Later>
    <div className="skeleton-rows" aria-hidden="true">
      {widths.map((width) => (
        <div key={width} className="skeleton-row" style={{ height }}>
          <Skeleton width={16} height={16} radius="sm" />
          <Skeleton width={width} height={12} radius="sm" />
        </div>
      ))}
    </div>
  </Later>
);
