"""A device: reports every line it reads, answers the commands it gets, and comes back when it was cut off.

Needs Paho: apt-get install python3-paho-mqtt, or pip install paho-mqtt (1.6 or 2).
Settings are environment variables; docs/device-makers.md lists them.
"""

import json
import os
import random
import ssl
import sys
import threading

import paho.mqtt.client as mqtt

CLIENT_ID = os.environ["CLIENT_ID"]
REPORTS, COMMANDS = os.environ["PUBLISH"], os.environ["SUBSCRIBE"]
ANSWERS = f"/v1/devices/{CLIENT_ID}/commandResponse"
# The broker discards what is beyond 100 messages a second; this many on their way never reach that.
IN_FLIGHT = 20

free = threading.Semaphore(IN_FLIGHT)
last_command = None
answers = set()


def new_client():
    # Version 2 of Paho asks which callbacks are meant, 1.6 does not know the question.
    api = [mqtt.CallbackAPIVersion.VERSION2] if hasattr(mqtt, "CallbackAPIVersion") else []
    client = mqtt.Client(*api, client_id=CLIENT_ID, clean_session=False, protocol=mqtt.MQTTv311)
    # A fleet that comes back after a power cut must not come at the same moment.
    client.reconnect_delay_set(min_delay=random.uniform(1, 5), max_delay=120)
    if "PASSWORD" in os.environ:
        client.username_pw_set(CLIENT_ID, os.environ["PASSWORD"])
    if "CA_FILE" in os.environ:
        ca = os.environ["CA_FILE"]
        context = ssl.create_default_context(cafile=None if ca == "system" else ca)
        context.set_alpn_protocols(["mqtt"])
        if "CERT_FILE" in os.environ:
            context.load_cert_chain(os.environ["CERT_FILE"], os.environ["KEY_FILE"])
        client.tls_set_context(context)
    if "WILL" in os.environ:
        client.will_set(REPORTS, os.environ["WILL"], qos=1)
    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    client.on_message, client.on_publish = on_message, on_publish
    return client


def on_connect(client, userdata, flags, reason, *properties):
    print("connected" if reason == 0 else f"refused: {reason}", flush=True)
    if reason == 0:
        # After every connect: commands that wait are sent when the subscription is there.
        client.subscribe(COMMANDS, qos=1)


def on_disconnect(client, userdata, *reasons):
    print("disconnected", flush=True)


def on_message(client, userdata, message):
    global last_command
    command = json.loads(message.payload)
    if command["mid"] == last_command:
        return  # with QoS 1 a message may come twice
    last_command = command["mid"]
    print(f"command {command['cmd']} {json.dumps(command['paras'])}", flush=True)
    answer = {"msgType": "deviceRsp", "mid": command["mid"], "errcode": 0, "body": {}}
    answers.add(client.publish(ANSWERS, json.dumps(answer), qos=1).mid)


def on_publish(client, userdata, mid, *more):
    if mid in answers:
        answers.discard(mid)
        return
    print("acknowledged", flush=True)
    free.release()


client = new_client()
client.connect_async(os.environ["HOST"], int(os.environ["PORT"]), keepalive=60)
client.loop_start()
for line in sys.stdin:
    free.acquire()
    # Without a connection Paho keeps the message, and sends it when it is back.
    client.publish(REPORTS, line.strip(), qos=1)
for _ in range(IN_FLIGHT):
    free.acquire()
client.disconnect()
client.loop_stop()
