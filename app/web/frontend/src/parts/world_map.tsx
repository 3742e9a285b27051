/** The map: an outline that loads by itself, and one pin for each city. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { cityLabel, countPeople } from "../logic/labels";
import type { Place } from "../logic/places";
import { HEIGHT, project, WIDTH } from "../logic/projection";
import { spread } from "../logic/spread";

/** A pin and a little air around it, in pixels; pages.css draws it. */
const PIN = 27;

const ZOOMS = [1, 1.6, 2.5, 4, 6.5];

interface Props {
  worldUrl: string;
  places: Place[];
  /** The id of the city whose people are shown. */
  selected: number | null;
  working: Set<number>;
  select: (city: number) => void;
}

interface View {
  zoom: number;
  /** The part of the drawing in the middle of the map, 0 to 1. */
  x: number;
  y: number;
}

const WHOLE: View = { zoom: 0, x: 0.5, y: 0.5 };

export function WorldMap({ worldUrl, places, selected, working, select }: Props) {
  const [view, setView] = useState(WHOLE);
  const frame = useRef<HTMLDivElement>(null);
  const factor = ZOOMS[view.zoom] ?? 1;
  const width = useWidth(frame);
  const pins = useMemo(() => {
    const scale = (width * factor) / WIDTH;
    const points = places.map(({ city }) => {
      const [x, y] = project(city.location[0], city.location[1]);
      return { x: x * scale, y: y * scale };
    });
    const apart = spread(points, PIN);
    return places.map((place, index) => {
      const { x, y } = apart[index] ?? { x: 0, y: 0 };
      // None is cut off at the map's edge.
      const inside = (value: number, size: number) => Math.min(Math.max(value, PIN / 2), size * scale - PIN / 2);
      return { place, x: inside(x, WIDTH) / scale / WIDTH, y: inside(y, HEIGHT) / scale / HEIGHT };
    });
  }, [places, width, factor]);
  const zoom = (by: number) => {
    const next = Math.min(Math.max(view.zoom + by, 0), ZOOMS.length - 1);
    const pin = view.zoom === 0 ? pins.find(({ place }) => place.city.id === selected) : undefined;
    setView(within({ zoom: next, x: pin?.x ?? view.x, y: pin?.y ?? view.y }));
  };
  const drag = useDrag(frame, (dx, dy) =>
    setView((before) => {
      const scale = ZOOMS[before.zoom] ?? 1;
      return within({ ...before, x: before.x - dx / scale, y: before.y - dy / scale });
    }),
  );
  const at = (x: number, y: number) => ({
    left: `${(0.5 + (x - view.x) * factor) * 100}%`,
    top: `${(0.5 + (y - view.y) * factor) * 100}%`,
  });
  /** Bring a pin that is out of sight into the middle. */
  const reveal = (x: number, y: number) => {
    const isSeen = Math.max(Math.abs(x - view.x), Math.abs(y - view.y)) * factor < 0.5;
    if (!isSeen) setView(within({ ...view, x, y }));
  };
  return (
    <div class={view.zoom ? "map zoomed" : "map"} ref={frame} {...drag}>
      <img
        src={worldUrl}
        alt=""
        width={WIDTH}
        height={HEIGHT}
        draggable={false}
        style={{ ...at(0, 0), width: `${factor * 100}%`, height: `${factor * 100}%` }}
      />
      <Pins {...{ pins, at, reveal, selected, working, select }} />
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" disabled={view.zoom === ZOOMS.length - 1} onClick={() => zoom(1)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" disabled={view.zoom === 0} onClick={() => zoom(-1)}>
          −
        </button>
      </div>
    </div>
  );
}

interface PinsProps extends Pick<Props, "selected" | "working" | "select"> {
  pins: { place: Place; x: number; y: number }[];
  at: (x: number, y: number) => { left: string; top: string };
  reveal: (x: number, y: number) => void;
}

/** One stop of the Tab key for all pins; the arrow keys go from one to the next. */
function Pins({ pins, at, reveal, selected, working, select }: PinsProps) {
  const group = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  const stop = Math.min(focused, pins.length - 1);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? pins.length - 1 : step && stop + step;
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + pins.length) % pins.length;
    setFocused(index);
    (group.current?.children[index] as HTMLElement | undefined)?.focus({ preventScroll: true });
  };
  return (
    <div class="pins" role="group" aria-label="Places on the map" ref={group} onKeyDown={move}>
      {pins.map(({ place: { city, people }, x, y }, index) => (
        <button
          key={city.id}
          type="button"
          class={working.has(city.id) ? "pin on" : "pin"}
          style={at(x, y)}
          tabIndex={index === stop ? 0 : -1}
          aria-pressed={city.id === selected}
          aria-label={`${cityLabel(city)}: ${countPeople(people.length)}`}
          title={cityLabel(city)}
          onFocus={(event) => {
            setFocused(index);
            // Who presses a mouse button on it sees it; were it moved away, the click would miss it.
            if (event.currentTarget.matches(":focus-visible")) reveal(x, y);
          }}
          onClick={() => select(city.id)}
        >
          {people.length}
        </button>
      ))}
    </div>
  );
}

/** How wide the map is drawn, in pixels. */
function useWidth(frame: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(800);
  useLayoutEffect(() => {
    const measure = () => setWidth(frame.current?.clientWidth || 800);
    const observer = new ResizeObserver(measure);
    measure();
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Nothing but map in the frame. */
function within({ zoom, x, y }: View): View {
  const half = 0.5 / (ZOOMS[zoom] ?? 1);
  const clamp = (value: number) => Math.min(Math.max(value, half), 1 - half);
  return { zoom, x: clamp(x), y: clamp(y) };
}

/** Reports how far a pointer has dragged, in parts of the frame. */
function useDrag(frame: { current: HTMLDivElement | null }, moved: (dx: number, dy: number) => void) {
  const last = useRef<{ x: number; y: number } | null>(null);
  const stop = () => {
    last.current = null;
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (!(event.target as Element).closest("button")) last.current = { x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: PointerEvent) => {
      if (!last.current || !frame.current) return;
      const { width, height } = frame.current.getBoundingClientRect();
      moved((event.clientX - last.current.x) / width, (event.clientY - last.current.y) / height);
      last.current = { x: event.clientX, y: event.clientY };
    },
    onPointerUp: stop,
    onPointerLeave: stop,
    onPointerCancel: stop,
  };
}
