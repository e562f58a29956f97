// SPDX-License-Identifier: ISC
//
// templates.cjs script FILE: the script of the one step in a template that has one, and the variables
// that it gets: what a parser of YAML reads, to compare with what the tests cut out.
//
// templates.cjs azure FILE...: whether these are Azure's templates or pipelines, as far as the words go
// that are used here; its published schema is in no package.

const fs = require("node:fs");
const yaml = require("js-yaml");
const Ajv = require("ajv");

const text = { type: "string" };
const only = (properties, ...required) =>
	({ type: "object", properties, required, additionalProperties: false });
const list = (items) => ({ type: "array", items, minItems: 1 });
const map = { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } };

const common = { name: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }, displayName: text,
	condition: text, env: map };
const step = { oneOf: [
	only({ bash: text, ...common }, "bash"),
	only({ task: { type: "string", pattern: "^[A-Za-z]+@[0-9]+$" }, inputs: map, ...common }, "task"),
	only({ checkout: text, ...common }, "checkout"),
	only({ publish: text, artifact: text, displayName: text, condition: text }, "publish"),
	only({ template: text, parameters: map }, "template"),
] };
const parameters = list(only({ name: text, displayName: text,
	type: { enum: ["string", "boolean", "number"] }, default: text, values: list(text) }, "name", "type"));
const schema = { oneOf: [
	only({ parameters, steps: list(step) }, "steps"),
	only({ parameters, trigger: { const: "none" }, pool: only({ vmImage: text }, "vmImage"),
		resources: only({ repositories: list(only({ repository: text, ref: text, name: text,
			type: { enum: ["git", "github"] } }, "repository", "type", "name")) }),
		jobs: list(only({ deployment: text, environment: text, strategy: only({ runOnce: only({
			deploy: only({ steps: list(step) }, "steps") }, "deploy") }, "runOnce") }, "deployment",
			"environment", "strategy")) }, "jobs"),
] };

const documents = (file) => yaml.loadAll(fs.readFileSync(file, "utf8"));

function findSteps(document) {
	const steps = document.steps ?? document.runs?.steps ?? Object.values(document);

	return steps.filter((s) => s.bash ?? s.run ?? s.script);
}

function printScript(file) {
	const steps = findSteps(documents(file).pop());

	if (steps.length !== 1)
		throw new Error(`${steps.length} steps with a script`);
	for (const [name, value] of Object.entries(steps[0].env ?? {}))
		console.log(`# ${name} ${value}`);
	console.log([steps[0].bash ?? steps[0].run ?? steps[0].script].flat().join("\n").trimEnd());
}

function checkAzure(files) {
	const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
	let status = 0;

	for (const file of files)
		if (!validate(documents(file).pop())) {
			console.log(`${file}: ${JSON.stringify(validate.errors, null, 1)}`);
			status = 1;
		}
	return status;
}

const [what, ...files] = process.argv.slice(2);
if (what === "script")
	printScript(files[0]);
else
	process.exitCode = checkAzure(files);
