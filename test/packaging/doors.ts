/** A door of a package: what `exports` of its package.json promises, by name. Types come on top. */
export interface Door {
  readonly package: string;
  readonly door: string;
  /** What an importer gets at run time, in alphabetical order. */
  readonly exports: readonly string[];
  /** `require` works as well. */
  readonly commonJs: boolean;
  /** Loads in the oldest Node we promise; the server asks for the current one. */
  readonly oldestNode: boolean;
}

const PACKAGES = {
  "@edgepost/core": {
    commonJs: true,
    oldestNode: true,
    doors: {
      ".": [
        "MailError",
        "buildMime",
        "createMailer",
        "formatAddress",
        "isMailError",
        "parseAddress",
        "parseAddressList",
        "parseConnection",
        "withFailover",
        "withRetry",
      ],
      "./connectors": ["appsmith", "dronahq", "k2view", "prismatic", "windmill"],
      "./dkim": ["dkimSigner"],
      "./schema": ["connectionSchema", "messageSchema"],
      "./smtp": ["createPool", "createSmtpTransport"],
      "./template": ["renderTemplate"],
      "./testing": ["memoryTransport", "scriptedServer", "socketPair", "transportContract"],
    },
  },
  "@edgepost/transport-node": {
    commonJs: true,
    oldestNode: true,
    doors: {
      ".": ["fileAttachment", "nodeTransport"],
      "./native": ["connectNode", "nativeTransport"],
      "./nodemailer": ["fromNodemailer"],
    },
  },
  "@edgepost/transport-edge": {
    commonJs: false,
    oldestNode: true,
    doors: {
      ".": ["connectCloudflare", "edgeTransport"],
      "./durable-object": ["SmtpSessionObject"],
      "./email-binding": ["emailBindingTransport"],
      "./worker-mailer": ["workerMailerTransport"],
    },
  },
  "@edgepost/server": {
    commonJs: false,
    oldestNode: false,
    doors: {
      ".": ["createServer"],
      "./client": ["httpTransport"],
      "./node": ["createSendQueue", "embeddedQueue", "sqliteStore", "startServer"],
      "./postgres": ["postgresQueue", "postgresStore"],
      "./worker": ["default"],
    },
  },
} as const;

/** The design's table (section 2): every door, and exactly what stands behind it. */
export const doors: readonly Door[] = Object.entries(PACKAGES).flatMap(([name, { commonJs, oldestNode, doors }]) =>
  Object.entries(doors).map(([door, exports]) => ({ package: name, door, exports, commonJs, oldestNode })),
);

export const packageNames: readonly string[] = Object.keys(PACKAGES);

/** `@edgepost/core` and `./smtp` are imported as `@edgepost/core/smtp`. */
export function specifierOf({ package: name, door }: Door): string {
  return name + door.slice(1);
}

/** The folder of a package in this repository. */
export function folderOf(name: string): URL {
  return new URL(`../../packages/${name.replace("@edgepost/", "")}/`, import.meta.url);
}
