import { simpleParser } from "mailparser";
import { chromium } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { CHROMIUM, whyNoChromium } from "../support/chromium.ts";
import { API_KEY, startEndpoint } from "./endpoint.ts";
import { openExample } from "./example.ts";

test.skipIf(whyNoChromium !== undefined)(
  `browser-form sends what is typed and picked in Chromium (skipped without ${CHROMIUM})`,
  async () => {
    const example = await openExample("browser-form");
    const [, page = ""] = await example.start("npx vite", /Local:\s+(http:\S+)/, { more: "--port 0" });
    const endpoint = await startEndpoint(example, { EDGEPOST_CORS_ORIGINS: new URL(page).origin });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    onTestFinished(() => browser.close());

    const tab = await browser.newPage();
    await tab.goto(page);
    await tab.getByLabel("Endpoint").fill(endpoint);
    await tab.getByLabel("API key").fill(API_KEY);
    await tab.getByLabel("To").fill("Zoë <zoe@example.com>, grace@example.com");
    await tab.getByLabel("Subject").fill("Grüße ✓");
    await tab.getByLabel("Message").fill("One line.\nAnd another.");
    const file = { name: "café menu.png", mimeType: "image/png", buffer: Buffer.from([137, 80, 78, 71]) };
    await tab.getByLabel("Files").setInputFiles(file);
    await tab.getByRole("button", { name: "Send" }).click();
    await tab.getByText("Sent to zoe@example.com, grace@example.com.").waitFor();

    const parsed = await simpleParser(Buffer.from(example.inbox.received[0]?.raw ?? []));
    expect(parsed).toMatchObject({ subject: "Grüße ✓", text: expect.stringContaining("One line.\nAnd another.") });
    expect(parsed.attachments).toMatchObject([{ filename: "café menu.png", content: file.buffer }]);

    await tab.getByLabel("API key").fill("somebody-elses-key-0123456789abcdef");
    await tab.getByRole("button", { name: "Send" }).click();
    await tab.getByText("Not sent: The endpoint answered: The API key is not known").waitFor();
    expect(example.inbox.received).toHaveLength(1);
  },
);
