// Two gVisor netstack hosts in one process, joined by channel endpoints: the yardstick of `deno task bench`.
//
//	gvisor bulk -mtu 1500 -seconds 2      one TCP stream, Mbit/s
//	gvisor both -mtu 1500 -seconds 2      one TCP stream each way at once, their sum in Mbit/s
//	gvisor flows -flows 100 -seconds 2    so many TCP streams at once, their sum in Mbit/s
//	gvisor round-trip -seconds 2          64 bytes there and back, median and p99 in µs; -flows for connections at once
//	gvisor connect -seconds 2             dial and close, one after the other, a second
//	gvisor udp -size 64 -seconds 2        datagrams sent and received, with a window of them, a second
//
// It prints one JSON object with "value", and "p99" where there is one.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const (
	nic          = 1
	queueLength  = 1024
	port         = 80
	warmUp       = time.Second
	messageBytes = 64
	udpWindow    = 64
)

var (
	serverAddress = tcpip.AddrFrom4([4]byte{10, 0, 0, 1})
	clientAddress = tcpip.AddrFrom4([4]byte{10, 0, 0, 2})
)

// A host is a netstack and the link that it sends to.
type host struct {
	stack *stack.Stack
	link  *channel.Endpoint
}

func newHost(address tcpip.Address, mtu uint32) *host {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	link := channel.New(queueLength, mtu, "")
	must(s.CreateNIC(nic, link))
	must(s.AddProtocolAddress(nic, tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: address.WithPrefix(),
	}, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	sack := tcpip.TCPSACKEnabled(true)
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	return &host{s, link}
}

// carry takes every packet that one host sends to the other.
func carry(from, to *host) {
	for {
		packet := from.link.ReadContext(context.Background())
		if packet == nil {
			return
		}
		view := packet.ToView()
		bytes := append([]byte(nil), view.AsSlice()...)
		view.Release()
		packet.DecRef()
		arriving := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(bytes)})
		to.link.InjectInbound(ipv4.ProtocolNumber, arriving)
		arriving.DecRef()
	}
}

// A pair is two hosts that reach each other, and a listener on the first.
type pair struct {
	server, client *host
	listener       *gonet.TCPListener
}

func newPair(mtu uint32) *pair {
	p := &pair{server: newHost(serverAddress, mtu), client: newHost(clientAddress, mtu)}
	go carry(p.server, p.client)
	go carry(p.client, p.server)
	listener, err := gonet.ListenTCP(p.server.stack, p.at(), ipv4.ProtocolNumber)
	check(err)
	p.listener = listener
	return p
}

func (p *pair) at() tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nic, Addr: serverAddress, Port: port}
}

// open returns both ends of a new connection.
func (p *pair) open() (dialled, accepted io.ReadWriteCloser) {
	done := make(chan io.ReadWriteCloser)
	go func() {
		conn, err := p.listener.Accept()
		check(err)
		done <- conn
	}()
	conn, err := gonet.DialTCP(p.client.stack, p.at(), ipv4.ProtocolNumber)
	check(err)
	return conn, <-done
}

// stream writes to one end and counts what the other reads.
func stream(from io.Writer, to io.Reader, count *atomic.Int64) {
	go func() {
		data := make([]byte, 256*1024)
		for {
			if _, err := from.Write(data); err != nil {
				return
			}
		}
	}()
	go func() {
		data := make([]byte, 256*1024)
		for {
			n, err := to.Read(data)
			count.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
}

// rate is how much a counter grows in a second.
func rate(count *atomic.Int64, duration time.Duration) float64 {
	time.Sleep(warmUp)
	before, start := count.Load(), time.Now()
	time.Sleep(duration)
	return float64(count.Load()-before) / time.Since(start).Seconds()
}

// repeat is how often a piece of work can be done in a second, one after the other, once warm.
func repeat(duration time.Duration, work func()) float64 {
	for start := time.Now(); time.Since(start) < warmUp; {
		work()
	}
	count := 0
	start := time.Now()
	for ; time.Since(start) < duration; count++ {
		work()
	}
	return float64(count) / time.Since(start).Seconds()
}

func bulk(p *pair, flows int, both bool, duration time.Duration) float64 {
	var count atomic.Int64
	var ends [][2]io.ReadWriteCloser
	for range flows {
		dialled, accepted := p.open()
		ends = append(ends, [2]io.ReadWriteCloser{dialled, accepted})
	}
	for _, pair := range ends {
		stream(pair[1], pair[0], &count)
		if both {
			stream(pair[0], pair[1], &count)
		}
	}
	return rate(&count, duration) * 8 / 1e6
}

func roundTrip(p *pair, flows int, duration time.Duration) (median, p99 float64) {
	var mutex sync.Mutex
	var all []float64
	var group sync.WaitGroup
	warm := time.Now().Add(warmUp)
	end := warm.Add(duration)
	for range flows {
		dialled, accepted := p.open()
		go func() { _, _ = io.Copy(accepted, accepted) }()
		group.Go(func() {
			var times []float64
			message := make([]byte, messageBytes)
			for time.Now().Before(end) {
				start := time.Now()
				_, err := dialled.Write(message)
				check(err)
				_, err = io.ReadFull(dialled, message)
				check(err)
				if start.After(warm) {
					times = append(times, float64(time.Since(start).Nanoseconds())/1000)
				}
			}
			mutex.Lock()
			all = append(all, times...)
			mutex.Unlock()
		})
	}
	group.Wait()
	sort.Float64s(all)
	return all[len(all)/2], all[len(all)*99/100]
}

func connect(p *pair, duration time.Duration) float64 {
	go func() {
		for {
			conn, err := p.listener.Accept()
			check(err)
			check(conn.Close())
		}
	}()
	return repeat(duration, func() {
		conn, err := gonet.DialTCP(p.client.stack, p.at(), ipv4.ProtocolNumber)
		check(err)
		check(conn.Close())
	})
}

// datagrams keeps a window of them under way, so that no queue overflows; each window is answered by one datagram.
func datagrams(p *pair, size int, duration time.Duration) float64 {
	at := p.at()
	receiver, err := gonet.DialUDP(p.server.stack, &at, nil, ipv4.ProtocolNumber)
	check(err)
	sender, err := gonet.DialUDP(p.client.stack, nil, &at, ipv4.ProtocolNumber)
	check(err)
	go func() {
		data := make([]byte, size)
		for received := 1; ; received++ {
			_, from, err := receiver.ReadFrom(data)
			check(err)
			if received%udpWindow == 0 {
				_, err = receiver.WriteTo(data[:1], from)
				check(err)
			}
		}
	}()
	data := make([]byte, size)
	return udpWindow * repeat(duration, func() {
		for range udpWindow {
			_, err := sender.Write(data)
			check(err)
		}
		_, err := sender.Read(data)
		check(err)
	})
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("say what to measure: bulk, both, flows, round-trip, connect or udp")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	mtu := flags.Uint("mtu", 1500, "bytes of the largest packet")
	flows := flags.Int("flows", 1, "connections at once")
	size := flags.Int("size", messageBytes, "bytes of a datagram")
	seconds := flags.Float64("seconds", 2, "how long to measure")
	check(flags.Parse(os.Args[2:]))
	p := newPair(uint32(*mtu))
	duration := time.Duration(*seconds * float64(time.Second))
	result := map[string]float64{}
	switch os.Args[1] {
	case "bulk", "flows":
		result["value"] = bulk(p, *flows, false, duration)
	case "both":
		result["value"] = bulk(p, *flows, true, duration)
	case "round-trip":
		result["value"], result["p99"] = roundTrip(p, *flows, duration)
	case "connect":
		result["value"] = connect(p, duration)
	case "udp":
		result["value"] = datagrams(p, *size, duration)
	default:
		log.Fatalf("%q is not measured here", os.Args[1])
	}
	check(json.NewEncoder(os.Stdout).Encode(result))
}

func must(err tcpip.Error) {
	if err != nil {
		check(fmt.Errorf("%s", err))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
