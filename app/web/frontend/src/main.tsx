/** Starts the page. */

import { render } from "preact";
import { App } from "./app";

const root = document.getElementById("app");
if (root) {
  root.textContent = ""; // the words that stood for the page while it was loading
  render(<App worldUrl={root.dataset.world ?? ""} />, root);
}
