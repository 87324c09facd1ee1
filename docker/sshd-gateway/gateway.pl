# A stand-in for an OpenClaw gateway, on 127.0.0.1:18789: what one answers to an anonymous visitor, in one file.
# In Perl, because Debian's smallest system has it and nothing else that can listen on a port.
use strict;
use warnings;
use IO::Socket::INET;

my $patience_seconds = 10;

my $door = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 18789, Listen => 128, ReuseAddr => 1)
  or die "gateway: cannot listen on 127.0.0.1:18789: $@\n";

# It listens from here on: whoever started it may go on.
my $background = fork;
die "gateway: cannot fork: $!\n" unless defined $background;
exit 0 if $background;

$SIG{CHLD} = 'IGNORE';    # the kernel buries the children
while (1) {
  my $client = $door->accept or next;
  my $child = fork;
  next if !defined $child || $child;

  # A process for each visitor, so that one who says nothing keeps nobody waiting.
  close $door;
  alarm $patience_seconds;
  answer($client);
  exit 0;
}

sub answer {
  my ($client) = @_;
  my ($method, $path) = (readline($client) // '') =~ m{^([A-Z]+) ([^ ?]*)} or return;
  my $is_proxied = 0;
  while (defined(my $line = readline $client)) {
    last if $line =~ /^\r?\n$/;
    $is_proxied = 1 if $line =~ /^(?:forwarded|x-real-ip|x-forwarded-[a-z-]+):/i;
  }

  # Real gateways refuse what came through a proxy: a tunnel must carry plain bytes and add no header.
  if ($is_proxied) { reply($client, $method, '403 Forbidden', 'application/json', '{"error":{"type":"proxy_attribution_required"}}') }
  elsif ($path =~ m{^/healthz?$}) { reply($client, $method, '200 OK', 'application/json', '{"ok":true,"status":"live"}') }
  else { reply($client, $method, '200 OK', 'text/plain', "hello from behind the tunnel\n") }
}

sub reply {
  my ($client, $method, $status, $type, $body) = @_;
  my @head = ("HTTP/1.1 $status", "Content-Type: $type", 'Content-Length: ' . length $body, 'Cache-Control: no-store', 'Connection: close');
  print {$client} join("\r\n", @head, '', ''), $method eq 'HEAD' ? '' : $body;
}
