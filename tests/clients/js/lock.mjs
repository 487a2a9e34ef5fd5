// Takes what is of no use to an installation, and names hosts, out of the lock: see `npm run lock`.
import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const each of Object.values(lock.packages)) delete each.funding;
writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
