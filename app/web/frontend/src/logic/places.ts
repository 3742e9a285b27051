/** Who is where on a day. */

import type { MapCity, MapPerson, TeamMap } from "../api/types";
import { type Day, parseDay } from "./days";

/** Somebody on a day: at home (`until` is null) or on a trip that ends on `until`. */
export interface Whereabouts {
  person: MapPerson;
  city: number | null;
  until: Day | null;
}

/** A city and who is there. */
export interface Place {
  city: MapCity;
  people: Whereabouts[];
}

/** Where one person is on a day. Of two trips that touch on it the later one counts: they have arrived. */
export function whereIs(person: MapPerson, day: Day, firstDay: Day): Whereabouts {
  const offset = day - firstDay;
  let found: Whereabouts = { person, city: person.home, until: null };
  for (const [city, start, end] of person.trips as [number, number, number][]) {
    if (start <= offset && offset <= end) found = { person, city, until: firstDay + end };
  }
  return found;
}

/** The places where people are on a day, the fullest first, and the people whose place nobody knows. */
export function placesOn(team: TeamMap, day: Day): { places: Place[]; nowhere: MapPerson[] } {
  const firstDay = parseDay(team.first_day);
  const found = new Map<number, Place>();
  const nowhere: MapPerson[] = [];
  for (const person of team.people) {
    const where = whereIs(person, day, firstDay);
    const city = where.city === null ? undefined : team.cities[where.city];
    if (!city) {
      nowhere.push(person);
      continue;
    }
    const place = found.get(city.id);
    if (place) place.people.push(where);
    else found.set(city.id, { city, people: [where] });
  }
  const places = [...found.values()];
  places.sort((a, b) => b.people.length - a.people.length || a.city.name.localeCompare(b.city.name));
  return { places, nowhere };
}

/** Only the people whose name, or whose city's name, holds all words; places without any are left out. */
export function search(places: Place[], query: string): Place[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return places;
  return places
    .map((place) => {
      const where = place.city.name.toLocaleLowerCase();
      const people = place.people.filter(({ person }) => {
        const text = `${person.name.toLocaleLowerCase()} ${where}`;
        return words.every((word) => text.includes(word));
      });
      return { ...place, people };
    })
    .filter((place) => place.people.length > 0);
}
