import { AxisBottom, AxisLeft } from "@visx/axis";
import { scaleBand, scaleLinear } from "@visx/scale";
import { Bar } from "@visx/shape";
import { useEffect, useRef, useState } from "react";
import type { Counted } from "../api/types";

const HEIGHT = 180;
const EDGE = { top: 10, right: 4, bottom: 26, left: 44 };

/** How wide a box is, now and after every change. */
function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

/** Calls over time: those that went well, and on top of them those that did not. */
export function CallsChart({ rows, label, name }: {
  rows: Counted[];
  /** What the picture says, in a sentence. */
  label: string;
  /** A span in the reader's words. */
  name: (row: Counted) => string;
}) {
  const [box, width] = useWidth();
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const x = scaleBand({ domain: rows.map(({ timestamp }) => timestamp), range: [EDGE.left, Math.max(EDGE.left, width - EDGE.right)], padding: 0.25 });
  const y = scaleLinear({ domain: [0, most], range: [HEIGHT - EDGE.bottom, EDGE.top], nice: true });
  const names = new Map(rows.map((row) => [row.timestamp, name(row)]));
  // As many names as there is room for.
  const every = Math.max(1, Math.ceil((rows.length * 76) / Math.max(1, width)));
  const shown = rows.filter((_, index) => index % every === 0).map(({ timestamp }) => timestamp);
  return (
    <div ref={box} className="chart" style={{ height: HEIGHT }}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={label}>
          <AxisLeft scale={y} left={EDGE.left} numTicks={3} hideAxisLine hideTicks tickClassName="tick"
            tickFormat={(value) => (Number.isInteger(Number(value)) ? new Intl.NumberFormat(undefined, { notation: "compact" }).format(Number(value)) : "")}
            tickLabelProps={{ textAnchor: "end", dx: "-0.4em", dy: "0.32em", className: "tick-text" }} />
          {y.ticks(3).map((value) => <line key={value} className="rule" x1={EDGE.left} x2={width - EDGE.right} y1={y(value)} y2={y(value)} />)}
          {rows.map((row) => {
            const at = x(row.timestamp) ?? 0;
            const [all, well, ground] = [y(row.count), y(row.success), y(0)];
            return (
              <g key={row.timestamp}>
                <title>{`${names.get(row.timestamp)}: ${row.success} succeeded, ${row.failed} failed`}</title>
                <Bar className="touch" x={at} y={EDGE.top} width={x.bandwidth()} height={ground - EDGE.top} />
                <Bar className="well" x={at} y={well} width={x.bandwidth()} height={ground - well} />
                <Bar className="ill" x={at} y={all} width={x.bandwidth()} height={well - all} />
              </g>
            );
          })}
          <AxisBottom scale={x} top={HEIGHT - EDGE.bottom} hideTicks tickValues={shown} axisLineClassName="rule"
            tickFormat={(value) => names.get(String(value)) ?? ""}
            tickLabelProps={{ textAnchor: "middle", className: "tick-text" }} />
        </svg>
      )}
    </div>
  );
}
