import type { Command } from "./define-command.js";

/** Every command and where it stands. Only the one that is called is loaded, so that `status` costs what `status` needs. */
export const registry = {
  up: async () => (await import("./commands/up.js")).up,
  down: async () => (await import("./commands/down.js")).down,
  restart: async () => (await import("./commands/restart.js")).restart,
  status: async () => (await import("./commands/status.js")).status,
  wait: async () => (await import("./commands/wait.js")).wait,
  url: async () => (await import("./commands/url.js")).url,
  open: async () => (await import("./commands/open.js")).open,
  doctor: async () => (await import("./commands/doctor.js")).doctor,
  list: async () => (await import("./commands/list.js")).list,
  show: async () => (await import("./commands/show.js")).show,
  add: async () => (await import("./commands/add.js")).add,
  remove: async () => (await import("./commands/remove.js")).remove,
  import: async () => (await import("./commands/import.js")).importTunnels,
  export: async () => (await import("./commands/export.js")).exportTunnels,
  logs: async () => (await import("./commands/logs.js")).logs,
  events: async () => (await import("./commands/events.js")).events,
  history: async () => (await import("./commands/history.js")).history,
  trust: async () => (await import("./commands/trust.js")).trust,
  forget: async () => (await import("./commands/forget.js")).forget,
  install: async () => (await import("./commands/install.js")).install,
  uninstall: async () => (await import("./commands/uninstall.js")).uninstall,
  service: async () => (await import("./commands/service.js")).service,
  config: async () => (await import("./commands/config.js")).config,
  daemon: async () => (await import("./commands/daemon.js")).daemon,
  demo: async () => (await import("./commands/demo.js")).demo,
  completion: async () => (await import("./commands/completion.js")).completion,
};

/** The commands that a command line may mean: the one it names, or all of them for help, completion and a misspelt word. */
export async function loadCommands(word: string | undefined): Promise<Command[]> {
  const named = Object.entries(registry).filter(([name]) => name === word);
  const loaders = (named.length > 0 ? named : Object.entries(registry)).map(([, load]) => load);
  // Each command knows its own arguments' types; here they are all alike.
  return (await Promise.all(loaders.map((load) => load()))) as unknown as Command[];
}
