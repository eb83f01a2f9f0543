"""What Home Assistant accepts as a device discovery payload, as JSON schema.

Written from the schemas of `homeassistant/components/mqtt` (Home Assistant 2025.2: schemas.py and
each platform's DISCOVERY_SCHEMA). Stricter in one point: Home Assistant drops unknown keys in
silence, here they are errors.
"""

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
TOPIC: Schema = {"type": "string", "pattern": r"^[^+#\u0000]+$", "maxLength": 65535}
COMMON: Schema = {
    "name": {"type": ["string", "null"]},
    "unique_id": TEXT,
    "icon": {"type": "string", "pattern": r"^[a-z-]+:[a-z0-9-]+$"},
    "entity_category": {"enum": ["config", "diagnostic"]},
    "enabled_by_default": {"type": "boolean"},
    "availability_topic": TOPIC,
    "payload_available": TEXT,
    "payload_not_available": TEXT,
    "qos": {"enum": [0, 1, 2]},
    "encoding": TEXT,
}
READ: Schema = {"state_topic": TOPIC, "value_template": TEXT}
WRITE: Schema = {"command_topic": TOPIC, "command_template": TEXT, "retain": {"type": "boolean"}}


def _platform(name: str, required: list[str], **keys: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"platform": {"const": name}, **COMMON, **keys},
        "required": ["platform", "unique_id", *required],
        "additionalProperties": False,
    }


PLATFORMS = {
    "sensor": _platform(
        "sensor",
        ["state_topic"],
        **READ,
        device_class={"enum": ["enum", "duration", "timestamp"]},
        state_class={"enum": ["measurement", "total", "total_increasing"]},
        unit_of_measurement={"enum": ["s", "min", "h", "ms"]},
        suggested_display_precision={"type": "integer", "minimum": 0},
        options={"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
    )
    | {
        "allOf": [
            {  # options are those of an enum, which has neither unit nor state class
                "if": {"required": ["options"]},
                "then": {
                    "properties": {
                        "device_class": {"const": "enum"},
                        "state_class": False,
                        "unit_of_measurement": False,
                    },
                    "required": ["device_class"],
                },
            },
            {
                "if": {
                    "properties": {"device_class": {"const": "timestamp"}},
                    "required": ["device_class"],
                },
                "then": {"properties": {"unit_of_measurement": False, "state_class": False}},
            },
        ]
    },
    "binary_sensor": _platform(
        "binary_sensor",
        ["state_topic"],
        **READ,
        device_class={"enum": ["problem", "connectivity", "running", "sound"]},
        payload_on=TEXT,
        payload_off=TEXT,
    ),
    "switch": _platform(
        "switch", ["command_topic"], **READ, **WRITE, payload_on=TEXT, payload_off=TEXT
    ),
    "number": _platform(
        "number",
        ["command_topic"],
        **READ,
        **WRITE,
        min={"type": "number"},
        max={"type": "number"},
        step={"type": "number", "minimum": 1e-3},
        mode={"enum": ["auto", "box", "slider"]},
        unit_of_measurement=TEXT,
    ),
    "select": _platform(
        "select",
        ["command_topic", "options"],
        **READ,
        **WRITE,
        options={"type": "array", "items": TEXT},
    ),
    "button": _platform("button", ["command_topic"], **WRITE, payload_press=TEXT),
    "notify": _platform("notify", ["command_topic"], **WRITE),
    "text": _platform(
        "text",
        ["command_topic"],
        **READ,
        **WRITE,
        min={"type": "integer", "minimum": 0, "maximum": 255},
        max={"type": "integer", "minimum": 0, "maximum": 255},
        mode={"enum": ["text", "password"]},
    ),
    "event": _platform(
        "event",
        ["state_topic", "event_types"],
        **READ,
        event_types={"type": "array", "items": TEXT, "minItems": 1},
        device_class={"enum": ["button", "doorbell", "motion"]},
    ),
}

OF_A_DEVICE = (
    *("manufacturer", "model", "model_id", "name", "hw_version", "serial_number"),
    *("sw_version", "via_device", "suggested_area", "configuration_url"),
)
DEVICE: Schema = {
    "type": "object",
    "properties": {
        "device": {
            "type": "object",
            "properties": {
                "identifiers": {"type": "array", "items": TEXT, "minItems": 1},
                "connections": {"type": "array"},
                **dict.fromkeys(OF_A_DEVICE, TEXT),
            },
            "required": ["identifiers"],
            "additionalProperties": False,
        },
        "origin": {
            "type": "object",
            "properties": {
                "name": TEXT,
                "sw_version": TEXT,
                "support_url": {"type": "string", "pattern": "^https?://"},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
        "components": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "properties": {"platform": {"enum": sorted(PLATFORMS)}},
                "required": ["platform"],
                "allOf": [
                    {"if": {"properties": {"platform": {"const": name}}}, "then": schema}
                    for name, schema in PLATFORMS.items()
                ],
            },
        },
        "availability_topic": TOPIC,
        "payload_available": TEXT,
        "payload_not_available": TEXT,
        "state_topic": TOPIC,
        "command_topic": TOPIC,
        "qos": {"enum": [0, 1, 2]},
        "encoding": TEXT,
    },
    "required": ["device", "origin", "components"],
    "additionalProperties": False,
}
