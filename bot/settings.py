"""What an installation can set: environment variables, or lines of one optional file, `onedoor.env`."""

import re
from datetime import time
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.hours import Hours, Nation
from bot.mailserver import read_server

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the repository, where config.yml and the packs are."""

UUID_TEXT = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
NOTIFY_KEY = re.compile(f".*?-?({UUID_TEXT})-({UUID_TEXT})")
"""A key's name, its service and its secret."""

type Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """A setting is missing or wrong; its text is a sentence for the operator."""


class Settings(BaseSettings):
    """Every setting, with its default. The README lists them; `onedoor doctor` checks them.

    A name here is an environment variable in capitals with the prefix `ONEDOOR_`, except the four
    that hosting platforms set under names of their own: `DATABASE_URL`, `HOST`, `PORT`, and Twilio's.
    """

    model_config = SettingsConfigDict(
        env_prefix="ONEDOOR_", env_file="onedoor.env", extra="ignore", populate_by_name=True
    )

    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: Port = Field(8080, validation_alias="PORT")
    public_url: AnyHttpUrl | None = None
    """The address citizens and Twilio reach us at. Signatures are checked over it, never over a header."""

    database_url: SecretStr | None = Field(None, validation_alias="DATABASE_URL")
    """PostgreSQL, as `postgresql://user:password@host/name`. Without it an embedded one is started."""

    data_dir: Path = ROOT / "var"
    """Where the embedded PostgreSQL keeps its files."""

    models_dir: Path = ROOT / "models"
    """Where the trained model is."""

    packs_dir: Path = ROOT / "actions"
    """Where the packs are, a folder each."""

    packs: list[str] | None = None
    """Names of the packs to load; all of them when not set."""

    twilio_account_sid: str | None = Field(None, validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr | None = Field(None, validation_alias="TWILIO_AUTH_TOKEN")
    twilio_from: str | None = Field(None, validation_alias="TWILIO_FROM")
    """A number, or the id of a Messaging Service (`MG…`)."""
    twilio_api_url: AnyHttpUrl | None = Field(None, validation_alias="TWILIO_API_URL")
    """Another address for Twilio's API: a regional edge, or a double in a test."""

    notify_sender_key: SecretStr | None = None
    """A key of a GOV.UK Notify service that carries texts, beside Twilio or alone."""
    notify_sender_template: UUID | None = None
    """Its text template, whose body is `((body))`."""
    notify_sender_url: AnyHttpUrl = AnyHttpUrl("https://api.notifications.service.gov.uk")
    """Another address for its API: a double in a test."""
    notify_sender_token: SecretStr | None = None
    """What its call-backs show as bearer token, 16 characters or more; without it they are refused."""

    smtp_url: SecretStr | None = None
    """The mail server that carries e-mails, `smtp://user:password@host:587` or `smtps://…`."""
    email_from: str | None = None
    """Whom e-mails are from, as `Leeds City Council <no-reply@leeds.example>`."""

    texts_abroad: bool = False
    """Whether departments may text numbers of other countries."""

    demo_number: str = "+447700900000"
    """The number of Onedoor itself in the demo (Ofcom's range for drama and tests)."""

    secret_key: SecretStr | None = None
    """Signs the web chat's cookie, 32 characters or more. Without it one is made and kept in the database."""

    default_language: Literal["en", "cy"] = "en"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    turn_timeout: Annotated[float, Field(gt=1, le=120)] = 30.0
    """Seconds after which a turn is given up and the citizen told so."""
    turns_at_once: Annotated[int, Field(ge=1, le=500)] = 20
    sends_at_once: Annotated[int, Field(ge=1, le=500)] = 40
    pool_size: Annotated[int, Field(ge=2, le=200)] = 12
    keep_bodies_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Days for which the words of a message are kept, and longer only while a person has its case."""
    keep_messages_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """Days for which is kept that there was a message, when, and what became of it."""

    quiet_from: time = time(21)
    quiet_until: time = time(8)
    """Local times between which texts that nobody waits for are held."""
    zone: str = "Europe/London"
    """The zone of citizens whose number does not tell another."""
    nation: Nation = "ENG"
    """Whose bank holidays count."""

    segment_price: Annotated[float, Field(ge=0, le=1000)] = 4.0
    """Pence for one part of a text, as the sender charges, for what departments are told before they send."""
    private_callbacks: bool = False
    """Whether departments' call-backs may go to private addresses, and by http to this machine."""

    desk_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    """Minutes without a sign of an officer after which they must sign in again."""
    desk_session_hours: Annotated[int, Field(ge=1, le=72)] = 10
    """Hours after which they must in any case."""
    desk_codes: bool = True
    """Whether all but plain officers need a second factor beside their password."""
    oidc_issuer: AnyHttpUrl | None = None
    """The address of an OpenID provider that officers sign in with."""
    oidc_client_id: str | None = None
    """What the provider calls us."""
    oidc_client_secret: SecretStr | None = None
    """What it knows us by."""
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    """How many proxies of yours stand before Onedoor; each adds whom it saw to `X-Forwarded-For`."""

    map_tiles: str | None = None
    """The address of the public map's tiles, `https://…/{z}/{x}/{y}.png`; without it lines are drawn."""
    map_credit: str | None = None
    """Whom the tiles are from, as their licence asks for it."""

    floor_accuracy: Annotated[float, Field(ge=0, le=1)] = 0.95
    """The least share of right journeys, on sentences kept apart, that `onedoor train` accepts."""
    floor_out_of_scope: Annotated[float, Field(ge=0, le=1)] = 0.9
    """The least share of what no journey serves that must be told so, on the same sentences."""

    @field_validator("map_tiles")
    @classmethod
    def _tiles_template(cls, value: str | None) -> str | None:
        """An address of the web, with the three numbers of a tile."""
        if value is not None and not re.fullmatch(r"https?://[\w.:-]+/[\w./?&=%+{}-]*", value):
            raise ValueError("it must be an address such as https://tiles.example.gov.uk/{z}/{x}/{y}.png")
        if value is not None and not all(each in value for each in ("{z}", "{x}", "{y}")):
            raise ValueError("it must have {z}, {x} and {y} in it")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("needs 32 characters or more")
        return value

    @field_validator("notify_sender_key")
    @classmethod
    def _key_of_notify(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not NOTIFY_KEY.fullmatch(value.get_secret_value()):
            raise ValueError("is no key as GOV.UK Notify gives it, name-service-secret")
        return value

    @field_validator("notify_sender_token")
    @classmethod
    def _token_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("needs 16 characters or more")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_server(value.get_secret_value())
        return value

    @field_validator("email_from")
    @classmethod
    def _mail_sender(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                validate_email(parseaddr(value)[1], check_deliverability=False)
            except EmailNotValidError:
                raise ValueError(
                    "is no e-mail address, as Leeds City Council <no-reply@leeds.example>"
                ) from None
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no zone of the tz database, such as Europe/London")
        return value

    @property
    def hours(self) -> Hours:
        """When texts may go."""
        return Hours(self.quiet_from, self.quiet_until, ZoneInfo(self.zone), self.nation)

    @property
    def twilio(self) -> bool:
        """Whether texts go through Twilio; without it they go to the demo phone."""
        return bool(self.twilio_account_sid and self.twilio_auth_token and self.twilio_from)

    @property
    def notify_sender(self) -> bool:
        """Whether texts go through GOV.UK Notify."""
        return bool(self.notify_sender_key and self.notify_sender_template)

    @property
    def carried(self) -> frozenset[str]:
        """The channels of notices that something carries; in the demo everything is carried."""
        return frozenset({"sms", "letter", "email"} if self.smtp_url else {"sms", "letter"})

    @property
    def base_url(self) -> str:
        """The public address without a slash at the end, or the local one when none is set."""
        return str(self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def read_settings(env_file: Path | None = None) -> Settings:
    """Reads and checks all settings.

    Args:
        env_file: the optional file; `onedoor.env` in the current folder when not given.

    Raises:
        SettingsError: one sentence a setting that is wrong, none of them with the value of a secret.
    """
    try:
        settings = Settings(_env_file=env_file) if env_file else Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(dict(e)) for e in error.errors())) from None
    given = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
        "TWILIO_FROM": settings.twilio_from,
    }
    missing = [name for name, value in given.items() if not value]
    if 0 < len(missing) < len(given):
        raise SettingsError(f"Twilio needs all three of its settings: {', '.join(missing)} is missing.")
    if bool(settings.notify_sender_key) != bool(settings.notify_sender_template):
        raise SettingsError(
            "GOV.UK Notify needs both ONEDOOR_NOTIFY_SENDER_KEY and ONEDOOR_NOTIFY_SENDER_TEMPLATE."
        )
    if (
        len({bool(settings.oidc_issuer), bool(settings.oidc_client_id), bool(settings.oidc_client_secret)})
        > 1
    ):
        raise SettingsError("OpenID needs ONEDOOR_OIDC_ISSUER, ONEDOOR_OIDC_CLIENT_ID and …_CLIENT_SECRET.")
    if bool(settings.smtp_url) != bool(settings.email_from):
        raise SettingsError("E-mail needs both ONEDOOR_SMTP_URL and ONEDOOR_EMAIL_FROM.")
    if settings.twilio and settings.public_url is None:
        raise SettingsError("ONEDOOR_PUBLIC_URL is missing: Twilio signs its calls over the public address.")
    return settings


def _sentence(error: dict[str, object]) -> str:
    """One validation error as a sentence that names the variable and never shows the value."""
    location = error["loc"]
    name = str(location[0]) if isinstance(location, tuple) and location else "a setting"
    field = Settings.model_fields.get(name)
    alias = field.validation_alias if field is not None and isinstance(field.validation_alias, str) else None
    variable = alias or (f"ONEDOOR_{name.upper()}" if field is not None else name)
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"The setting {variable} is wrong: {message[:1].lower()}{message[1:]}."
