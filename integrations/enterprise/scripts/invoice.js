// An order in JSON becomes the invoice that the accounts department's system takes: XML, in its time zone, with a checksum it compares.
importClass(com.roma.apic.livedata.common.v1.JsonUtils);
importClass(com.roma.apic.livedata.common.v1.Base64Utils);
importClass(com.roma.apic.livedata.common.v1.Md5Utils);
importClass(com.roma.apic.livedata.common.v1.TextUtils);
importClass(com.roma.apic.livedata.provider.v1.APIConnectResponse);

function execute(data) {
  var order = JSON.parse(data).body;
  if (!order.customer || !order.lines) {
    return new APIConnectResponse(400, { 'Content-Type': 'application/json' }, '{"error":"customer and lines are required"}', false);
  }
  var total = 0;
  for (var i = 0; i < order.lines.length; i++) {
    total += order.lines[i].price * order.lines[i].count;
  }

  var format = new java.text.SimpleDateFormat('yyyy-MM-dd HH:mm:ss');
  format.setTimeZone(java.util.TimeZone.getTimeZone('GMT+8'));
  var invoice = new java.util.LinkedHashMap();
  invoice.put('number', java.util.UUID.randomUUID().toString().replaceAll('-', ''));
  invoice.put('date', format.format(new java.util.Date()));
  invoice.put('customer', order.customer);
  invoice.put('line', order.lines);
  invoice.put('total', java.lang.String.format('%.2f', total));
  var xml = JsonUtils.convertJsonToXml(JsonUtils.toJson(invoice), 'invoice');

  var receipt = new java.util.LinkedHashMap();
  receipt.put('number', invoice.get('number'));
  receipt.put('paid', TextUtils.parseBoolean(order.paid, false));
  return new APIConnectResponse(
    200,
    { 'Content-Type': 'application/xml', 'X-Checksum': Md5Utils.encode(xml), 'X-Receipt': Base64Utils.encode(JsonUtils.toJson(receipt)) },
    xml,
    false
  );
}
