/** Chooses a day from today to half a year ahead. */

import { type Day, distance, writeDay } from "../logic/days";

/** How far ahead the map looks, in days. */
export const HORIZON = 180;

interface Props {
  today: Day;
  day: Day;
  choose: (day: Day) => void;
  /** The day has been settled on: the slider was let go. */
  settle: (day: Day) => void;
}

export function DaySlider({ today, day, choose, settle }: Props) {
  const step = (by: number) => {
    const next = Math.min(Math.max(day + by, today), today + HORIZON);
    choose(next);
    settle(next);
  };
  const words = day === today ? "Today" : writeDay(day);
  return (
    <div class="slider">
      <label for="day">
        <strong>{words}</strong>
        <small>{day === today ? writeDay(day) : distance(today, day)}</small>
      </label>
      <button type="button" aria-label="A day earlier" disabled={day === today} onClick={() => step(-1)}>
        ‹
      </button>
      <input
        id="day"
        type="range"
        min={0}
        max={HORIZON}
        value={day - today}
        aria-label="Day"
        aria-valuetext={day === today ? "Today" : `${writeDay(day)}, ${distance(today, day)}`}
        onInput={(event) => choose(today + event.currentTarget.valueAsNumber)}
        onChange={(event) => settle(today + event.currentTarget.valueAsNumber)}
      />
      <button type="button" aria-label="A day later" disabled={day === today + HORIZON} onClick={() => step(1)}>
        ›
      </button>
      <button type="button" class="quiet" disabled={day === today} onClick={() => step(today - day)}>
        Back to today
      </button>
    </div>
  );
}
