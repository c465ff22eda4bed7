import { readdir, readFile } from "node:fs/promises";

/** Of the workerd this process has started: what it has now, or the most it ever had. */
export async function memoryOfWorkerd(what: "VmRSS" | "VmHWM"): Promise<number> {
  for (const id of await readdir("/proc")) {
    const status = /^\d+$/.test(id) ? await readFile(`/proc/${id}/status`, "utf8").catch(() => "") : "";
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
    if (field("Name") === "workerd" && field("PPid") === String(process.pid)) return Number(field(what)) * 1024;
  }
  throw new Error("This process has started no workerd.");
}
