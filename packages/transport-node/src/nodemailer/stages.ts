import type { TlsSummary, Verification, VerificationStage, VerificationStageName } from "@edgepost/core";

/** The stages of a connection that is being opened, with the time each took. */
export class Stages {
  readonly #stages: VerificationStage[] = [];

  async time<Result>(stage: VerificationStageName, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    try {
      const result = await work();
      this.add(stage, performance.now() - start);
      return result;
    } catch (error) {
      this.add(stage, performance.now() - start, error);
      throw error;
    }
  }

  add(stage: VerificationStageName, ms: number, error?: unknown): void {
    const failure = error === undefined ? {} : { error: error instanceof Error ? error : new Error(String(error)) };
    this.#stages.push({ stage, ok: error === undefined, ms: Math.round(ms), ...failure });
  }

  /** What the handshake came to, for the stage that was its own. */
  secured(tls: TlsSummary): void {
    const index = this.#stages.findIndex(({ stage }) => stage === "tls");
    const stage = this.#stages[index];
    if (stage !== undefined) this.#stages[index] = { ...stage, tls };
  }

  verification(capabilities?: ReadonlyMap<string, string>): Verification {
    return {
      ok: this.#stages.every(({ ok }) => ok),
      stages: this.#stages,
      ...(capabilities !== undefined && { capabilities: Object.fromEntries(capabilities) }),
    };
  }
}
