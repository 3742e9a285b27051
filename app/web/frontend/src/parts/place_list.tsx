/** The places of a day as a list; each opens to the people who are there. */

import { availability, type Availability, writeAvailability, writeHours } from "../logic/availability";
import { wallTime, writeMinutes } from "../logic/clocks";
import { type Day, dayAndMonth } from "../logic/days";
import { cityLabel, countPeople, flag } from "../logic/labels";
import type { Place, Whereabouts } from "../logic/places";
import { Avatar } from "./avatar";

interface Props {
  places: Place[];
  me: string;
  day: Day;
  isToday: boolean;
  now: Date;
  zone: string;
  /** The ids of the cities that are open. */
  open: Set<number>;
  toggle: (city: number) => void;
}

/** So many people of one place are drawn at first: nobody reads five hundred. */
const MOST = 60;

export function PlaceList({ places, open, toggle, ...rest }: Props) {
  return (
    <ul class="places">
      {places.map((place) => {
        const { city, people } = place;
        const isOpen = open.has(city.id);
        return (
          <li key={city.id} class="place" id={`city-${city.id}`}>
            <h2>
              <button type="button" aria-expanded={isOpen} aria-controls={`people-${city.id}`} onClick={() => toggle(city.id)}>
                <span class="flag" aria-hidden="true">
                  {flag(city)}
                </span>
                <span class="name" dir="auto">
                  {cityLabel(city)}
                </span>
                {rest.isToday && <small class="time">{writeMinutes(wallTime(city.timezone, rest.now).minutes)}</small>}
                <span class="count">
                  {people.length}
                  <span class="sr">{countPeople(people.length).replace(/^\d+/, "")}</span>
                </span>
              </button>
            </h2>
            <div id={`people-${city.id}`} hidden={!isOpen}>
              {isOpen && <People place={place} {...rest} />}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function People({ place, ...rest }: { place: Place } & Omit<Props, "places" | "open" | "toggle">) {
  const shown = place.people.slice(0, MOST);
  return (
    <>
      <p class="help">{place.city.timezone.replaceAll("_", " ")}</p>
      <ul>
        {shown.map((where) => (
          <Person key={where.person.id} where={where} timezone={place.city.timezone} {...rest} />
        ))}
      </ul>
      {place.people.length > shown.length && (
        <p class="help">and {place.people.length - shown.length} more: search for a name to find them</p>
      )}
    </>
  );
}

type PersonProps = { where: Whereabouts; timezone: string } & Omit<Props, "places" | "open" | "toggle">;

function Person({ where: { person, until }, timezone, me, day, isToday, now, zone }: PersonProps) {
  const found = availability(person.work_hours, timezone, now);
  return (
    <li class="person">
      <Avatar id={person.id} name={person.name} avatar={person.avatar} />
      <span>
        <bdi class="name">{person.name}</bdi>
        {person.id === me && " (you)"}
        <small>
          {until === null ? "at home" : `travelling until ${dayAndMonth(until)}`}
          {" · "}
          {isToday ? <Now found={found} zone={zone} now={now} /> : writeHours(person.work_hours, timezone, zone, day)}
        </small>
      </span>
    </li>
  );
}

function Now({ found, zone, now }: { found: Availability; zone: string; now: Date }) {
  return <span class={found.kind}>{writeAvailability(found, zone, now)}</span>;
}
