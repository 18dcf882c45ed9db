/*
 * A device: reports every line it reads, answers the commands it gets, and comes back when it was cut off.
 *
 * Needs Paho: apt-get install libpaho-mqtt-dev; then cc device.c -o device -lpaho-mqtt3as -lpthread
 * Settings are environment variables; docs/device-makers.md lists them.
 */
#include <MQTTAsync.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The broker discards what is beyond 100 messages a second; this many on their way never reach that. */
enum { IN_FLIGHT = 20, FIRST_PAUSE = 1, LONGEST_PAUSE = 120, LONGEST_LINE = 131072 };

static MQTTAsync client;
static const char *client_id, *reports, *commands;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* 0: not yet; 1: connected once, from then on Paho comes back by itself; -1: the first attempt failed. */
static int first_connect = 0;
static int in_flight = 0;

static void signal_change(int *what, int value) {
  pthread_mutex_lock(&mutex);
  *what = value;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void on_acknowledged(void *context, MQTTAsync_successData *data) {
  (void)context, (void)data;
  puts("acknowledged");
  pthread_mutex_lock(&mutex);
  in_flight -= 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

/* Also after Paho's own reconnects. Commands that wait are sent when the subscription is there. */
static void on_connected(void *context, char *cause) {
  (void)context, (void)cause;
  puts("connected");
  MQTTAsync_subscribe(client, commands, 1, NULL);
  signal_change(&first_connect, 1);
}

static void on_refused(void *context, MQTTAsync_failureData *data) {
  (void)context;
  printf("refused: %d\n", data ? data->code : -1);
  if (first_connect == 0) signal_change(&first_connect, -1);
}

static void on_lost(void *context, char *cause) {
  (void)context, (void)cause;
  puts("disconnected");
}

/* A device in earnest has a JSON library; the number of a command is all that this one needs. */
static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message) {
  static long last_command = 0;
  char text[1024] = {0}, answer[128], topic_of_answers[160];
  (void)context, (void)topic_length;
  memcpy(text, message->payload, message->payloadlen < 1023 ? (size_t)message->payloadlen : 1023);
  const char *number = strstr(text, "\"mid\":");
  const long mid = number ? strtol(number + 6, NULL, 10) : 0;
  if (mid != 0 && mid != last_command) { /* with QoS 1 a message may come twice */
    last_command = mid;
    printf("command %s\n", text);
    snprintf(topic_of_answers, sizeof topic_of_answers, "/v1/devices/%s/commandResponse", client_id);
    snprintf(answer, sizeof answer, "{\"msgType\":\"deviceRsp\",\"mid\":%ld,\"errcode\":0,\"body\":{}}", mid);
    MQTTAsync_send(client, topic_of_answers, (int)strlen(answer), answer, 1, 0, NULL);
  }
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  if (value == NULL) {
    fprintf(stderr, "%s is not set\n", name);
    exit(2);
  }
  return value;
}

/* Paho comes back by itself once it was connected; until then it is ours to try again. */
static void connect_at_last(MQTTAsync_connectOptions *options) {
  int pause = FIRST_PAUSE;
  for (;;) {
    signal_change(&first_connect, 0);
    if (MQTTAsync_connect(client, options) == MQTTASYNC_SUCCESS) {
      pthread_mutex_lock(&mutex);
      while (first_connect == 0) pthread_cond_wait(&changed, &mutex);
      pthread_mutex_unlock(&mutex);
    }
    if (first_connect == 1) return;
    sleep((unsigned)(pause + rand() % (pause + 1)));
    pause = pause * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : pause * 2;
  }
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  srand((unsigned)time(NULL) ^ (unsigned)getpid());
  client_id = setting("CLIENT_ID"), reports = setting("PUBLISH"), commands = setting("SUBSCRIBE");
  const char *ca = getenv("CA_FILE"), *certificate = getenv("CERT_FILE"), *will = getenv("WILL");

  char address[300];
  snprintf(address, sizeof address, "%s://%s:%s", ca ? "ssl" : "tcp", setting("HOST"), setting("PORT"));
  MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
  create.sendWhileDisconnected = 1;
  create.maxBufferedMessages = IN_FLIGHT;
  if (MQTTAsync_createWithOptions(&client, address, client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create) != 0) return 2;
  MQTTAsync_setCallbacks(client, NULL, on_lost, on_message, NULL);
  MQTTAsync_setConnected(client, NULL, on_connected);

  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  options.MQTTVersion = MQTTVERSION_3_1_1; /* by default Paho tries 3.1 as well, which is refused */
  options.cleansession = 0;
  options.keepAliveInterval = 60;
  options.maxInflight = IN_FLIGHT;
  options.automaticReconnect = 1;
  /* A fleet that comes back after a power cut must not come at the same moment. */
  options.minRetryInterval = FIRST_PAUSE + rand() % 5;
  options.maxRetryInterval = LONGEST_PAUSE;
  options.onFailure = on_refused;
  if (getenv("PASSWORD")) options.username = client_id, options.password = getenv("PASSWORD");

  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  if (ca) {
    if (strcmp(ca, "system") != 0) tls.trustStore = ca;
    tls.verify = 1; /* the name too, not the chain alone */
    tls.protos = (const unsigned char *)"\x04mqtt";
    tls.protos_len = 5;
    if (certificate) tls.keyStore = certificate, tls.privateKey = setting("KEY_FILE");
    options.ssl = &tls;
  }
  MQTTAsync_willOptions last_will = MQTTAsync_willOptions_initializer;
  if (will) last_will.topicName = reports, last_will.message = will, last_will.qos = 1, options.will = &last_will;
  connect_at_last(&options);

  static char line[LONGEST_LINE];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    pthread_mutex_lock(&mutex);
    while (in_flight >= IN_FLIGHT) pthread_cond_wait(&changed, &mutex);
    in_flight += 1;
    pthread_mutex_unlock(&mutex);
    MQTTAsync_responseOptions sent = MQTTAsync_responseOptions_initializer;
    sent.onSuccess = on_acknowledged;
    /* Without a connection Paho keeps the message, and sends it when it is back. */
    if (MQTTAsync_send(client, reports, (int)strlen(line), line, 1, 0, &sent) != MQTTASYNC_SUCCESS) return 1;
  }
  pthread_mutex_lock(&mutex);
  while (in_flight > 0) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  MQTTAsync_disconnectOptions goodbye = MQTTAsync_disconnectOptions_initializer;
  goodbye.timeout = 1000;
  MQTTAsync_disconnect(client, &goodbye);
  sleep(1);
  MQTTAsync_destroy(&client);
  return 0;
}
