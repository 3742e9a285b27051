/** Somebody's round mark. Pictures of other sites are never fetched: that would tell them who looks. */

import { colourOf, markOf } from "../logic/labels";

export function Avatar({ id, name, avatar }: { id: string; name: string; avatar: string }) {
  return (
    <span class={`mark c${colourOf(id)}`} aria-hidden="true">
      {markOf(avatar, name)}
    </span>
  );
}
