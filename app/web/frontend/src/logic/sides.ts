/** A match as one of the two sees it. */

import type { City, Match, User } from "../api/types";
import { cityLabel } from "./labels";

export interface Sides {
  other: User;
  /** Where the other is on these days: the city of their trip, else their home. */
  place: City | null;
  /** In words: `visits Paris, FR` or `at home in Paris, FR`. */
  theirs: string;
  /** In words: `you are at home` or `on your trip to Paris, FR`. */
  mine: string;
}

/** The other side of a match, and mine. */
export function sidesOf(match: Match, me: string): Sides {
  const amSource = match.source_user.id === me;
  const other = amSource ? match.target_user : match.source_user;
  const theirTrip = amSource ? match.target_trip : match.source_trip;
  const myTrip = amSource ? match.source_trip : match.target_trip;
  const place = theirTrip?.city ?? other.home_city;
  return {
    other,
    place,
    theirs: theirTrip ? `visits ${cityLabel(theirTrip.city)}` : place ? `at home in ${cityLabel(place)}` : "at home",
    mine: myTrip ? `on your trip to ${cityLabel(myTrip.city)}` : "you are at home",
  };
}
