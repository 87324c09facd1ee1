import { expect, it } from "vitest";
import { pageAddress } from "../../../../src/cli/open/page-address.js";

it.each([
  ["127.0.0.1:18789", null, "http://localhost:18789/"],
  ["[::1]:18789", null, "http://localhost:18789/"],
  ["127.0.0.1:18789", '[::1]:18789 is already in use by pid 4; a browser\'s "localhost" may go there', "http://127.0.0.1:18789/"],
  ["[::1]:18789", "127.0.0.1:18789 is already in use", "http://[::1]:18789/"],
  ["127.0.0.2:80", null, "http://127.0.0.2:80/"],
  ["0.0.0.0:80", "0.0.0.0:80 is open to other machines (allowLan)", "http://127.0.0.1:80/"],
  ["[::]:80", "[::]:80 is open to other machines (allowLan)", "http://[::1]:80/"],
  ["/run/web.sock", null, undefined],
])("opens a forward at %s, of which is said %j, as %s", (bind, warning, address) => {
  expect(pageAddress({ bind, warning })).toBe(address);
});
