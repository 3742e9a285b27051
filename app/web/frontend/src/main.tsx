/** Starts the page. */

import { render } from "preact";
import { me, team, unseen } from "./api/store";
import { App } from "./app";

// All at once, and before anything is drawn; pages find them under way.
for (const resource of [me, team, unseen]) void resource.load();

const root = document.getElementById("app");
if (root) {
  root.textContent = ""; // the words that stood for the page while it was loading
  render(<App worldUrl={root.dataset.world ?? ""} />, root);
}
