import { expect, it } from "vitest";
import { busSocketPath } from "../../../../src/daemon/wake/dbus-connection.js";

it.each([
  ["where it always is, when nothing else is said", undefined, "/run/dbus/system_bus_socket"],
  ["a path", "unix:path=/tmp/bus", "/tmp/bus"],
  ["a path with the bus's id behind it", "unix:path=/tmp/bus,guid=1959bace4fd710a7", "/tmp/bus"],
  ["a path behind the id", "unix:guid=1959bace4fd710a7,path=/tmp/bus", "/tmp/bus"],
  ["a path with escapes", "unix:path=/tmp/a%20b%2cc%c3%a9", "/tmp/a b,cé"],
  ["the first that can be used of several", "tcp:host=127.0.0.1,port=1;unix:path=/a;unix:path=/b", "/a"],
  ["none, for a socket without a file", "unix:abstract=/tmp/bus", undefined],
  ["none, for TCP", "tcp:host=127.0.0.1,port=1234", undefined],
  ["none, for a program to start", "unixexec:path=/bin/sh", undefined],
  ["none, for an empty path", "unix:path=", undefined],
  ["none, for an empty address", "", undefined],
  ["none, for escapes that are no text", "unix:path=/tmp/%zz", undefined],
  ["none, for a path that no system takes", "unix:path=/tmp/a%00b", undefined],
])("finds the bus: %s", (_what, address, path) => {
  expect(busSocketPath(address)).toBe(path);
});
