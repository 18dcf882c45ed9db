"""Paho's client on strings: a JSON object a line on stdin says what it does, one on stdout what it met."""

import json
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PROTOCOLS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}
# Version 2 asks which callbacks are meant; version 1, of Debian 12, does not know the question.
CALLBACKS = (mqtt.CallbackAPIVersion.VERSION2,) if hasattr(mqtt, "CallbackAPIVersion") else ()
writing = threading.Lock()


def tell(event, **fields):
    with writing:
        print(json.dumps({"event": event, **fields}), flush=True)


def code_of(reason):
    return getattr(reason, "value", reason)


def on_connect(client, userdata, flags, reason, *properties):
    present = flags["session present"] if isinstance(flags, dict) else flags.session_present
    tell("connected", code=code_of(reason), present=bool(present))


def on_disconnect(client, userdata, *args):
    # Version 1: (reason[, properties]); version 2: (flags, reason, properties).
    tell("disconnected", code=code_of(args[1] if CALLBACKS else args[0]))


def on_message(client, userdata, message):
    text = message.payload.decode("utf-8", "replace")
    tell("message", topic=message.topic, payload=text, qos=message.qos, dup=bool(message.dup), retain=bool(message.retain))


def connect(order):
    version = order["version"]
    session = {} if version == "5" else {"clean_session": order.get("clean", True)}
    client = mqtt.Client(*CALLBACKS, client_id=order["clientId"], protocol=PROTOCOLS[version], **session)
    client.on_connect, client.on_disconnect, client.on_message = on_connect, on_disconnect, on_message
    client.on_subscribe = lambda c, u, mid, granted, *p: tell("subscribed", granted=[code_of(one) for one in granted])
    client.on_publish = lambda c, u, mid, *p: tell("acknowledged", mid=mid)
    client.reconnect_delay_set(min_delay=1, max_delay=2)
    if "username" in order:
        client.username_pw_set(order["username"], order["password"])
    if "ca" in order:
        client.tls_set(ca_certs=order["ca"], certfile=order.get("cert"), keyfile=order.get("key"))
    if "will" in order:
        client.will_set(order["will"]["topic"], order["will"]["payload"], qos=1)
    more = {}
    if version == "5":
        more["clean_start"] = order.get("clean", True)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = order.get("expiry", 0)
        more["properties"] = properties
    client.connect_async(order["host"], order["port"], order.get("keepalive", 60), **more)
    client.loop_start()
    return client


def main():
    client = None
    for line in sys.stdin:
        order = json.loads(line)
        action = order["do"]
        if action == "connect":
            client = connect(order)
        elif action == "subscribe":
            client.subscribe(order["topic"], order.get("qos", 1))
        elif action == "publish":
            sent = client.publish(order["topic"], order["payload"], order.get("qos", 1), order.get("retain", False))
            tell("handed", mid=sent.mid)
        elif action == "disconnect":
            client.disconnect()
            client.loop_stop()
            tell("left")


main()
