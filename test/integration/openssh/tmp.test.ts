import { it } from "vitest";
import { Scene, localhost } from "./scene.js";
import { neverAborted } from "../../support/login.js";
import { MuxClient } from "../../../src/ssh/openssh/mux-client.js";
import { askAlive, openForward } from "../../../src/ssh/openssh/mux-messages.js";
it("x", async () => {
  const scene = new Scene();
  const sshd = await scene.sshd();
  let t = performance.now();
  const lap = (s: string) => { console.log(s, (performance.now() - t).toFixed(2)); t = performance.now(); };
  const session: any = await scene.connect(sshd);
  lap("connect");
  const { port } = await scene.service((s) => void s.pipe(s));
  const signal = neverAborted;
  const c = (session as any);
  t = performance.now();
  await c.probe(signal); lap("probe");
  await c.probe(signal); lap("probe");
  const dir = (await import("node:fs")).readdirSync("/tmp").filter((n: string) => n.startsWith("clawtunnel-test-"));
  const fs = await import("node:fs");
  const folder = dir.map((d: string) => "/tmp/" + d + "/run").filter((p: string) => fs.existsSync(p)).flatMap((p: string) => fs.readdirSync(p).map((x: string) => p + "/" + x))[0];
  t = performance.now();
  const mux = await MuxClient.connect(folder + "/c"); lap("mux connect");
  for (let i = 0; i < 3; i++) { await mux.ask(askAlive); lap("alive"); }
  for (let i = 0; i < 3; i++) { await mux.ask((id) => openForward(id, { kind: "local", listen: { path: folder + "/x" + i }, connect: localhost(port) })); lap("open"); }
  for (let i = 0; i < 3; i++) { const ch = await session.dial(localhost(port), signal); lap("dial"); ch.destroy(); }
  await scene.cleanups.run();
  lap("cleanup");
});
