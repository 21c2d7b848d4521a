"""The clients that `make clients` runs: the program of each, and what must be installed for it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
JARS = tuple(Path("/usr/share/java") / f"{name}.jar" for name in ("amqp-client", "gson", "slf4j-api"))
GO_PACKAGES = Path("/usr/share/gocode")


@dataclass(frozen=True)
class Language:
    """How a program is run, the files that its client consists of, and what installs them."""

    command: tuple[str, ...]
    client: tuple[Path, ...]
    install: str

    def is_installed(self) -> bool:
        """Whether its programs can be run here."""
        return shutil.which(self.command[0]) is not None and all(path.exists() for path in self.client)


@dataclass(frozen=True)
class ClientProgram:
    """A client as the page calls it, by its program; `sets_id` where it gives each message an id by itself."""

    file: str
    language: Language
    sets_id: bool = False

    @property
    def command(self) -> list[str]:
        """What runs it, but for its arguments."""
        return [*self.language.command, str(PROGRAMS / self.file)]


INSTALLED = Path(os.environ.get("CLIENTS_INSTALLED", "not-installed")).resolve()
PYTHON = Language((str(INSTALLED / "bin/python"),), (), "make clients")
NODE = Language(("node",), (INSTALLED / "node_modules/amqplib",), "make clients")
PHP = Language(("php",), (Path("/usr/share/php/PhpAmqpLib"),), "apt-get install php-cli php-amqplib")
JAVA = Language(
    ("java", "-cp", os.pathsep.join(map(str, JARS))),
    JARS,
    "apt-get install openjdk-17-jdk-headless librabbitmq-client-java libgoogle-gson-java",
)
RUBY = Language(("ruby",), (Path("/usr/share/doc/ruby-bunny"),), "apt-get install ruby-bunny")
GO = Language(
    ("go", "run"),
    (GO_PACKAGES / "src/github.com/rabbitmq/amqp091-go",),
    "apt-get install golang-go golang-github-rabbitmq-amqp091-go-dev",
)

CLIENTS = {
    "pika": ClientProgram("with_pika.py", PYTHON),
    "aio-pika": ClientProgram("with_aio_pika.py", PYTHON, sets_id=True),
    "FastStream": ClientProgram("with_faststream.py", PYTHON, sets_id=True),
    "AMQPStorm": ClientProgram("with_amqpstorm.py", PYTHON, sets_id=True),
    "kombu": ClientProgram("with_kombu.py", PYTHON),
    "amqplib": ClientProgram("with_amqplib.mjs", NODE),
    "php-amqplib": ClientProgram("with_php_amqplib.php", PHP),
    "Java": ClientProgram("WithJava.java", JAVA),
    "bunny": ClientProgram("with_bunny.rb", RUBY),
    "Go": ClientProgram("with_amqp091.go", GO),
}
