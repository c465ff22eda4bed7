import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A program that says where it listens, and comes back with the same arguments each time it was killed. */
export class Killable {
  kills = 0;
  readonly #program: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  #url: Promise<string>;

  constructor(program: URL, ...given: readonly string[]) {
    this.#program = program.pathname;
    this.#arguments = given;
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
    const options = ["--conditions=@edgepost/source", "--no-warnings"];
    const child = spawn(process.execPath, [...options, this.#program, ...this.#arguments], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new Promise((resolve) => {
      child.stdout.once("data", (data) => {
        this.#child = child;
        resolve(String(data).trim());
      });
    });
  }
}
