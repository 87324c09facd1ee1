import { expect, it } from "vitest";
import { openerWords } from "../../../../src/cli/open/open-browser.js";

const url = "http://localhost:18789/";

it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string[] | undefined]>([
  ["darwin", {}, ["open", url]],
  ["win32", {}, ["rundll32.exe", "url.dll,FileProtocolHandler", url]],
  ["linux", { DISPLAY: ":0" }, ["xdg-open", url]],
  ["linux", { WAYLAND_DISPLAY: "wayland-0" }, ["xdg-open", url]],
  ["linux", { BROWSER: "w3m" }, ["xdg-open", url]],
  ["linux", { WSL_DISTRO_NAME: "Debian" }, ["wslview", url]],
  ["linux", { DISPLAY: "" }, undefined],
])("on %s with %o the browser is opened by %j", (platform, env, words) => {
  expect(openerWords(platform, env, url)).toEqual(words);
});
