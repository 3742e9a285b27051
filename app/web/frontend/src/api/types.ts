/** The API's objects, as its schema describes them; `schema.d.ts` is made from schema.json by `npm run check`. */

import type { components } from "./schema";

type Schemas = components["schemas"];
export type City = Schemas["City"];
export type User = Schemas["User"];
export type Trip = Schemas["Trip"];
export type Match = Schemas["Match"];
export type Problem = Schemas["Error"];
export type TeamMap = Schemas["Map"];
export type MapCity = Schemas["MapCity"];
export type MapPerson = Schemas["MapPerson"];
