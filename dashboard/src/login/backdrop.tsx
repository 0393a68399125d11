import { rings } from 'virtual:land';
import { useEffect, useRef } from 'react';
import { toX, toY } from '../map/project.ts';
import { prefsTopic, usePrefs } from '../prefs.ts';

/** Hundredths of a degree in a unit of the rings. */
const SCALE = 100;
/** Where the picture is centred and how much of the world is seen, degrees. */
const CENTRE = { lon: 112, lat: 31 };
const SPAN_DEG = 46;

const paint = (canvas: HTMLCanvasElement): void => {
  const { clientWidth: width, clientHeight: height } = canvas;
  const g = canvas.getContext('2d');
  if (g === null || width === 0) return;
  const ratio = window.devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  const style = getComputedStyle(canvas);
  g.fillStyle = style.getPropertyValue('--m-water');
  g.fillRect(0, 0, width, height);
  g.fillStyle = style.getPropertyValue('--m-land');
  g.strokeStyle = style.getPropertyValue('--m-water-line');
  g.lineWidth = 1;
  const perPixel = (toX(SPAN_DEG) - toX(0)) / Math.max(width, height);
  const cx = toX(CENTRE.lon);
  const cy = toY(CENTRE.lat);
  g.beginPath();
  for (const ring of rings) {
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < ring.length; i += 2) {
      lon += ring[i] ?? 0;
      lat += ring[i + 1] ?? 0;
      const x = (toX(lon / SCALE) - cx) / perPixel + width / 2;
      const y = (cy - toY(lat / SCALE)) / perPixel + height / 2;
      if (i === 0) g.moveTo(x, y);
      else g.lineTo(x, y);
    }
    g.closePath();
  }
  g.fill('evenodd');
  g.stroke();
};

/** The built-in map's coast beside the log-in: nothing of the site is shown before one is known. */
export const Backdrop = () => {
  const canvas = useRef<HTMLCanvasElement>(null);
  usePrefs();
  useEffect(() => {
    const target = canvas.current;
    if (target === null) return;
    const again = (): void => paint(target);
    const watch = new ResizeObserver(again);
    watch.observe(target);
    const stop = prefsTopic.subscribe(again);
    return () => {
      watch.disconnect();
      stop();
    };
  }, []);
  return (
    <div className="login-backdrop" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
};
