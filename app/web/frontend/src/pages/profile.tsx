/** Who and where I am, and when I work. */

import { me, useResource } from "../api/store";
import type { User } from "../api/types";
import { nameOf } from "../logic/labels";
import { type Choice, choiceOf, CityField } from "../parts/city_field";
import { Avatar } from "../parts/avatar";
import { TextField } from "../parts/field";
import { Problem } from "../parts/problem";
import { say } from "../parts/toast";
import { useDraft } from "../parts/use_draft";
import { useProfileSaver } from "../parts/use_profile_saver";
import { Page } from "../router";

interface Profile {
  first_name: string;
  avatar: string;
  home: Choice | null;
  from: string;
  until: string;
}

function profileOf(user: User): Profile {
  return {
    first_name: user.first_name,
    avatar: user.avatar_url,
    home: user.home_city && choiceOf(user.home_city),
    from: user.work_hours?.start ?? "",
    until: user.work_hours?.end ?? "",
  };
}

export function ProfilePage() {
  const user = useResource(me).data;
  return (
    <Page title="My profile" class="card narrow">
      {user && <ProfileForm user={user} />}
    </Page>
  );
}

function ProfileForm({ user }: { user: User }) {
  const draft = useDraft(user.id, "profile", profileOf(user));
  const { values, change } = draft;
  const saver = useProfileSaver();
  const hours = { from: hoursError(values.from, values.until), until: hoursError(values.until, values.from) };

  const submit = async () => {
    const { first_name, avatar, home, from, until } = values;
    const missing = { home_city: home ? "" : "Choose a city from the list.", from: hours.from, until: hours.until };
    const saved = await saver.save(missing, {
      first_name,
      avatar_url: avatar.trim(),
      ...(home && { home_city: home.id }),
      work_hours: from && until ? { start: from, end: until } : null,
    });
    if (!saved) return;
    draft.reset(profileOf(saved));
    say("Your profile is saved.");
  };

  return (
    <form
      noValidate
      ref={saver.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {draft.isRestored && (
        <p class="notice">
          What you had typed and not saved is back.{" "}
          <button type="button" class="quiet" onClick={() => draft.reset(profileOf(user))}>
            Start over
          </button>
        </p>
      )}
      <TextField
        id="first_name"
        label="First name"
        autocomplete="given-name"
        maxLength={150}
        error={saver.errorAt("first_name")}
        value={values.first_name}
        change={(first_name) => change({ first_name })}
      />
      <TextField id="email" label="Email" value={user.email} readOnly help="Whoever runs witw for you can change it." />
      <CityField
        id="home_city"
        label="Home city"
        error={saver.errorAt("home_city")}
        value={values.home}
        change={(home) => change({ home })}
      />
      <div class="pair">
        <TextField
          id="from"
          label="Work from"
          type="time"
          error={saver.errorAt("from") || saver.errorAt("work_hours")}
          value={values.from}
          change={(from) => change({ from })}
        />
        <TextField
          id="until"
          label="until"
          type="time"
          error={saver.errorAt("until")}
          value={values.until}
          change={(until) => change({ until })}
        />
      </div>
      <p class="help">On the clock of the place where you are. A night shift ends before it begins.</p>
      <div class="with-mark">
        <TextField
          id="avatar_url"
          label="Avatar"
          maxLength={512}
          error={saver.errorAt("avatar_url")}
          help="An emoji, or one or two letters. Pictures from other sites are not shown."
          value={values.avatar}
          change={(avatar) => change({ avatar })}
        />
        <Avatar id={user.id} name={values.first_name || nameOf(user)} avatar={values.avatar} />
      </div>
      {saver.failure && !saver.isAtField && <Problem failure={saver.failure} retry={() => void submit()} />}
      <button class="main" type="submit" aria-disabled={saver.busy}>
        {saver.busy ? "Saving …" : "Save"}
      </button>
    </form>
  );
}

function hoursError(own: string, other: string): string {
  if (!own && other) return "Give both times or none.";
  return own && own === other ? "Work must not end when it begins." : "";
}
