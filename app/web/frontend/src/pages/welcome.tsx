/** Newcomers say where they live before anything else. */

import { useEffect } from "preact/hooks";
import { me, useResource } from "../api/store";
import { type Choice, CityField } from "../parts/city_field";
import { Problem } from "../parts/problem";
import { say } from "../parts/toast";
import { useDraft } from "../parts/use_draft";
import { useProfileSaver } from "../parts/use_profile_saver";
import { go, Page } from "../router";

export function WelcomePage() {
  const user = useResource(me).data;
  const draft = useDraft<{ home: Choice | null }, null>(user?.id ?? "", "welcome", { values: { home: null }, base: null });
  const { home } = draft.values;
  const saver = useProfileSaver();
  const hasHome = Boolean(user?.home_city);
  useEffect(() => {
    if (hasHome) go("/", { replace: true });
  }, [hasHome]);

  const submit = async () => {
    const saved = await saver.save({ home_city: home ? "" : "Choose a city from the list." }, home ? { home_city: home.id } : {});
    if (!saved) return;
    draft.drop();
    say("Welcome!");
  };

  return (
    <Page title="Welcome! Where do you live?" class="card narrow">
      <p class="lead">Your team mates will find you when they come near.</p>
      <form
        noValidate
        ref={saver.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <CityField
          id="home_city"
          label="Home city"
          error={saver.errorAt("home_city")}
          value={home}
          change={(city) => draft.change({ home: city })}
        />
        {saver.failure && !saver.isAtField && <Problem failure={saver.failure} retry={() => void submit()} />}
        <button class="main" type="submit" aria-disabled={saver.busy}>
          {saver.busy ? "Saving …" : "Save and continue"}
        </button>
      </form>
    </Page>
  );
}
