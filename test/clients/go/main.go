// A program on client-go, as an operator is one: each scenario prints a line "ok NAME" or "not ok NAME: why" per step.
//
//	KUBECONFIG=FILE program SCENARIO [ARGUMENT]
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const protobuf = "application/vnd.kubernetes.protobuf"

// world is what a scenario works with.
type world struct {
	ctx       context.Context
	config    *rest.Config // JSON
	typed     *kubernetes.Clientset
	namespace string
	argument  string
	failed    bool
}

var scenarios = map[string]func(*world){
	"typed":     typed,
	"informers": informersScenario,
	"dynamic":   dynamicScenario,
	"discovery": discoveryScenario,
	"apply":     apply,
	"patch":     patch,
	"watch":     watchScenario,
	"pods":      pods,
	"scale":     scaleScenario,
	"events":    eventsScenario,
	"lead":      lead,
}

func main() {
	run, known := scenarios[os.Args[1]]
	if !known {
		fmt.Println("not ok: no such scenario")
		os.Exit(2)
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	config.QPS, config.Burst = 100, 200
	config.UserAgent = "go-client/test"
	inProtobuf := rest.CopyConfig(config)
	inProtobuf.ContentType = protobuf
	inProtobuf.AcceptContentTypes = protobuf + ",application/json"
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	w := &world{ctx: ctx, config: config, typed: kubernetes.NewForConfigOrDie(inProtobuf), namespace: "go-" + os.Args[1]}
	if len(os.Args) > 2 {
		w.argument = os.Args[2]
		w.namespace += "-" + strings.ToLower(w.argument)
	}
	run(w)
	if w.failed {
		os.Exit(1)
	}
}

// step prints how one step went; err nil = well. The program goes on, since later steps may tell more.
func (w *world) step(name string, err error) bool {
	if err != nil {
		w.failed = true
		fmt.Printf("not ok %s: %v\n", name, err)
		return false
	}
	fmt.Printf("ok %s\n", name)
	return true
}

// same is nil when both print alike.
func same(got, want any) error {
	if g, e := fmt.Sprint(got), fmt.Sprint(want); g != e {
		return fmt.Errorf("got %s, want %s", g, e)
	}
	return nil
}

// refused is nil when err is what is asks for.
func refused(err error, is func(error) bool) error {
	if err == nil {
		return errors.New("was not refused")
	}
	if !is(err) {
		return fmt.Errorf("refused otherwise: %w", err)
	}
	return nil
}

// all is the first error.
func all(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// eventually asks until ask is true.
func (w *world) eventually(ask func() (bool, error)) error {
	return wait.PollUntilContextTimeout(w.ctx, 50*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) { return ask() })
}
