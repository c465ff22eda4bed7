import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface KillableOptions {
  readonly given?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program that says where it listens, and comes back with the same arguments each time it was killed. */
export class Killable {
  kills = 0;
  readonly #program: string;
  readonly #options: KillableOptions;
  #child: ChildProcess | undefined;
  #url: Promise<string>;

  constructor(program: URL, options: KillableOptions) {
    this.#program = program.pathname;
    this.#options = options;
    this.#url = this.#start();
  }

  /** Where it listens, once it does. */
  get url(): Promise<string> {
    return this.#url;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** kill -9 at this very moment, and a new start. False when it is dead already. */
  kill(): boolean {
    const child = this.#child;
    if (child === undefined) return false;
    this.kills++;
    this.#child = undefined;
    child.kill("SIGKILL");
    this.#url = once(child, "close").then(() => this.#start());
    return true;
  }

  async stop(): Promise<void> {
    await this.#url;
    this.#child?.kill("SIGKILL");
  }

  #start(): Promise<string> {
    const { given = [], environment } = this.#options;
    const child = spawn(process.execPath, ["--conditions=@edgepost/source", "--no-warnings", this.#program, ...given], {
      ...(environment !== undefined && { env: environment }),
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new Promise((resolve) => {
      // Read to the end, or the program would wait for somebody to read what it says.
      child.stdout.on("data", (data) => {
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(String(data)) ?? [];
        if (url === undefined || this.#child !== undefined) return;
        this.#child = child;
        resolve(url);
      });
    });
  }
}
