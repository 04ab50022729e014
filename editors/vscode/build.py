"""Build the extension: `python editors/vscode/build.py` writes `netc-VERSION.vsix`, which VS Code installs.

A `.vsix` is a zip of the extension's files with two more: what kinds of files it has, and a manifest made of
`package.json`. The client and the library it speaks the protocol by become one file with esbuild, which needs npm.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

HERE = Path(__file__).resolve().parent
FOLDERS = ("syntaxes", "snippets")
FILES = ("package.json", "language-configuration.json", "README.md")
BUNDLE = "client/bundle.js"
ESBUILD = ("--bundle", "--platform=node", "--format=cjs", "--target=node18", "--minify", "--external:vscode")
KINDS = {
    ".json": "application/json", ".js": "application/javascript", ".md": "text/markdown", ".txt": "text/plain",
    ".vsixmanifest": "text/xml",
}  # fmt: skip
MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id={name} Version={version} Publisher={publisher}/>
    <DisplayName>{title}</DisplayName>
    <Description xml:space="preserve">{description}</Description>
    <Tags>{tags}</Tags>
    <Categories>{categories}</Categories>
    <License>extension/LICENSE.txt</License>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={engine}/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
"""


def packed(bundle: bytes) -> bytes:
    """The extension with this client. The same files give the same bytes."""
    files = {name: (HERE / name).read_bytes() for name in FILES}
    for folder in FOLDERS:
        files |= {f"{folder}/{path.name}": path.read_bytes() for path in sorted((HERE / folder).iterdir())}
    files |= {BUNDLE: bundle, "LICENSE.txt": (HERE.parents[1] / "LICENSE").read_bytes()}
    about = json.loads(files["package.json"])
    held = {f"extension/{name}": content for name, content in sorted(files.items())}
    held = {"extension.vsixmanifest": manifest(about).encode(), "[Content_Types].xml": kinds(), **held}
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def manifest(about: dict[str, Any]) -> str:
    """`extension.vsixmanifest` of a `package.json`."""
    return MANIFEST.format(
        name=quoteattr(about["name"]),
        version=quoteattr(about["version"]),
        publisher=quoteattr(about["publisher"]),
        title=escape(about["displayName"]),
        description=escape(about["description"]),
        tags=escape(",".join([*about["keywords"], "snippet", "__ext_net"])),
        categories=escape(",".join(about["categories"])),
        engine=quoteattr(about["engines"]["vscode"]),
    )


def kinds() -> bytes:
    """`[Content_Types].xml`."""
    lines = "".join(f'<Default Extension="{ending}" ContentType="{kind}"/>' for ending, kind in KINDS.items())
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="{space}">{lines}</Types>\n'.encode()


def bundled() -> bytes:
    """The client in one file, with the library in the version of `package-lock.json`."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not installed: the client is put together with it")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    command = [npm, "exec", "--", "esbuild", "client/extension.js", *ESBUILD, f"--outfile={BUNDLE}"]
    subprocess.run(command, cwd=HERE, check=True)
    return (HERE / BUNDLE).read_bytes()


def main() -> None:
    """Build and write."""
    version = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["version"]
    parser = argparse.ArgumentParser(description="Build the extension for VS Code.")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path(f"netc-{version}.vsix"), help="where to write it (%(default)s)"
    )
    out = parser.parse_args().out
    out.write_bytes(packed(bundled()))
    print(f"{out}: code --install-extension {out}")


if __name__ == "__main__":
    main()
