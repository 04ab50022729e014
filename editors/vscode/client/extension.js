// Starts `netc server` for texts of netc and lets VS Code speak with it. All that is known of the language is there.

const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient, RevealOutputChannelOn } = require("vscode-languageclient/node");

const NEEDED = "netc server needs netc and pygls in the workspace's .venv or on the path: pip install pygls";
const SETTINGS = "Open the setting";

let client;
let output;

/** The words that start the server: the setting's, those of a virtual environment in the workspace, those of the path. */
function command() {
  const set = vscode.workspace.getConfiguration("netc").get("command");
  if (set && set.length > 0) return set;
  const name = process.platform === "win32" ? ["Scripts", "netc.exe"] : ["bin", "netc"];
  if (vscode.workspace.isTrusted) {
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      for (const environment of [".venv", "venv"]) {
        const found = path.join(folder.uri.fsPath, environment, ...name);
        if (fs.existsSync(found)) return [found, "server"];
      }
    }
  }
  return ["netc", "server"];
}

async function start() {
  const [program, ...args] = command();
  const options = {
    documentSelector: [{ language: "netc" }],
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    synchronize: { configurationSection: "netc" },
  };
  const server = { command: program, args, options: { cwd: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath } };
  client = new LanguageClient("netc", "netc", server, options);
  try {
    await client.start();
  } catch (error) {
    output.appendLine(`${[program, ...args].join(" ")}: ${error}`);
    const chosen = await vscode.window.showErrorMessage(`netc: \`${program}\` did not start. ${NEEDED}`, SETTINGS);
    if (chosen === SETTINGS) vscode.commands.executeCommand("workbench.action.openSettings", "netc.command");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running?.isRunning()) await running.stop();
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  output = vscode.window.createOutputChannel("netc");
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("netc.restart", restart),
    vscode.commands.registerCommand("netc.output", () => output.show()),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("netc.command") && restart()),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
