/** Who is where, today or on a day to come. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { me, team, useResource } from "../api/store";
import type { TeamMap } from "../api/types";
import { isAtWork } from "../logic/availability";
import { ownZone, wallTime } from "../logic/clocks";
import { type Day, isoDay, parseDay, today as todayOf } from "../logic/days";
import { type Place, placesOn, search } from "../logic/places";
import { DaySlider, HORIZON } from "../parts/day_slider";
import { PlaceList } from "../parts/place_list";
import { Problem } from "../parts/problem";
import { useNow } from "../parts/use_now";
import { WorldMap } from "../parts/world_map";
import { Link, Page, watchAddress } from "../router";

const EMPTY: TeamMap = { first_day: "1970-01-01", cities: [], people: [] };

/** Matches and trips of a minute ago are fresh enough. */
const STALE = 60_000;

export function MapPage({ worldUrl }: { worldUrl: string }) {
  const found = useResource(team, STALE);
  const { data, failure } = found;
  const user = useResource(me).data;
  const now = useNow();
  const today = todayOf(now);
  const [wanted, setWanted] = useState<Day | null>(dayInAddress);
  const [query, setQuery] = useState("");
  const [selected, setSelected] = useState<number | null>(null);
  const [open, setOpen] = useState<Set<number>>(new Set());
  const day = Math.min(Math.max(wanted ?? today, today), today + HORIZON);
  const isToday = day === today;
  const { places, nowhere } = useMemo(() => placesOn(data ?? EMPTY, day), [data, day]);
  const working = useMemo(() => (isToday ? citiesAtWork(places, now) : new Set<number>()), [places, isToday, now]);
  const shown = useMemo(() => search(places, query), [places, query]);
  const list = useRef<HTMLElement>(null);

  const toggle = (city: number) => {
    const next = new Set(open);
    if (!next.delete(city)) next.add(city);
    setOpen(next);
    setSelected(next.has(city) ? city : null);
  };
  const choosePin = (city: number) => {
    setQuery("");
    setSelected(city);
    setOpen(new Set([city]));
    requestAnimationFrame(() => scrollTo(list.current, city));
  };
  const settle = (chosen: Day) => rememberInAddress(chosen, today);
  useEffect(() => settle(day), [day === today]);
  useEffect(() => watchAddress(() => location.pathname === "/" && setWanted(dayInAddress())), []);

  return (
    <Page
      title="Where is everybody?"
      class="map-page"
      lead={<DaySlider today={today} day={day} choose={setWanted} settle={settle} />}
    >
      <div class="columns">
        <WorldMap worldUrl={worldUrl} places={places} selected={selected} working={working} select={choosePin} />
        <section class="list" aria-label="Places and people" ref={list}>
          <label class="field">
            <span class="sr">Search for a person or a city</span>
            <input
              type="search"
              placeholder="Search for a person or a city"
              dir="auto"
              value={query}
              onInput={(event) => setQuery(event.currentTarget.value)}
            />
          </label>
          {failure && <Problem failure={failure} retry={() => void found.load()} />}
          {!data && !failure && <Skeleton />}
          <PlaceList
            places={shown}
            open={query.trim() && shown.length <= 3 ? new Set(shown.map(({ city }) => city.id)) : open}
            toggle={toggle}
            me={user?.id ?? ""}
            zone={ownZone()}
            {...{ day, isToday, now }}
          />
          <p class="help" role="status">
            {data && query.trim() && !shown.length && `Nobody here is found by “${query.trim()}”.`}
          </p>
          {nowhere.length > 0 && !query.trim() && (
            <p class="help">
              Nobody knows where <bdi>{nowhere.map(({ name }) => name).join(", ")}</bdi> {nowhere.length > 1 ? "live" : "lives"}.
            </p>
          )}
          {data && user && !user.work_hours && (
            <p class="notice">
              <Link href="/profile">Set your work hours</Link>, so that others see when they can reach you.
            </p>
          )}
        </section>
      </div>
    </Page>
  );
}

/** Stands where the list will be, so that nothing jumps. */
function Skeleton() {
  return (
    <p class="loading" role="status">
      Looking where everybody is …
    </p>
  );
}

/** The cities where somebody is at work now. */
function citiesAtWork(places: Place[], now: Date): Set<number> {
  const isBusy = ({ city, people }: Place) => {
    const { minutes } = wallTime(city.timezone, now);
    return people.some(({ person }) => isAtWork(person.work_hours, minutes));
  };
  return new Set(places.filter(isBusy).map(({ city }) => city.id));
}

function scrollTo(list: HTMLElement | null, city: number): void {
  const entry = list?.querySelector(`#city-${city}`);
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  entry?.scrollIntoView({ block: "nearest", behavior });
  entry?.querySelector("button")?.focus({ preventScroll: true });
}

/** The day of `/?day=2040-01-31`. */
function dayInAddress(): Day | null {
  const day = parseDay(new URLSearchParams(location.search).get("day") ?? "");
  return Number.isNaN(day) ? null : day;
}

function rememberInAddress(day: Day, today: Day): void {
  history.replaceState(null, "", day === today ? "/" : `/?day=${isoDay(day)}`);
}
