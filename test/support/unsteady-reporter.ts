import type { Reporter, TestModule } from "vitest/node";

/** Names at the end each test that passed only at its second try, where one is allowed: something is wrong with it, or with what it tests. */
export default class UnsteadyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests("passed")) {
        if ((test.diagnostic()?.retryCount ?? 0) > 0)
          process.stdout.write(`!! only at the second try: ${module.relativeModuleId} > ${test.fullName}\n`);
      }
    }
  }
}
