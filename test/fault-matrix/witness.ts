/** What the server knows in the end: the truth a client's report is held against. */
export class Witness {
  connections = 0;
  /** Messages that came whole and were answered with 250, without dots and dot-stuffing. */
  readonly accepted: string[] = [];
  /** Octets of messages that came, whole or not. */
  bodyOctets = 0;
  /** Everything that came outside TLS. */
  clear = "";
  /** What went wrong in the server itself. */
  readonly failures: unknown[] = [];
  /** Resolves when the fault has begun. */
  readonly met: Promise<void>;
  meet: () => void = () => {};
  /** Resolves when the fault is over, if it ever is. */
  readonly passed: Promise<void>;
  pass: () => void = () => {};
  /** Resolves when the client is done, and its transport closed. */
  readonly done: Promise<void>;
  finish: () => void = () => {};

  constructor() {
    this.met = new Promise((resolve) => {
      this.meet = resolve;
    });
    this.passed = new Promise((resolve) => {
      this.pass = resolve;
    });
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
  }
}
